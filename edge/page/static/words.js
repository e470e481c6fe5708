// The texts that the server put into the page for the scripts; {n} is the only place in them.

const texts = JSON.parse(document.getElementById("words").textContent);

export function say(key, n = "") {
  return texts[key].replace("{n}", n);
}

export function minutes(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

export function ago(seconds) {
  if (seconds < 5) return say("just-now");
  if (seconds < 60) return say("seconds-ago", Math.floor(seconds));
  return seconds < 3600 ? say("minutes-ago", Math.floor(seconds / 60)) : say("hours-ago", Math.floor(seconds / 3600));
}
