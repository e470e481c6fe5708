// Nothing moves under a finger: while a button is held, whatever would move the page waits until it is let go,
// or until the call that it makes is on its way.

const held = new Set(), waiting = new Map();

export function keepStill(button, isHeld) {
  if (isHeld) held.add(button); else held.delete(button);
  if (held.size) return;
  const changes = [...waiting.values()];
  waiting.clear();
  for (const change of changes) change();
}

// Of what waits under one name the last comes about.
export function whenStill(name, change) {
  if (held.size) waiting.set(name, change); else change();
}
