"use strict";
// The page's tones, off until asked for. Of several tabs that would sound at once a hidden one keeps quiet.
window.deskSound = (onChange) => {
  const TONES = {
    alert: [[[0, 880, 0.2], [0.22, 660, 0.2], [0.44, 880, 0.2]], 0.25],
    // two long tones that rise: like nothing else on this desk
    call: [[[0, 620, 0.5], [0.5, 930, 0.6], [1.3, 620, 0.5], [1.8, 930, 0.6]], 0.45],
    // low and falling: the desk itself is blind
    station: [[[0, 440, 0.4], [0.45, 330, 0.4], [0.9, 220, 0.7]], 0.4],
  };
  const OTHERS_MS = 3000;
  const others = window.BroadcastChannel ? new BroadcastChannel("edgebox-desk-sound") : null;
  const otherAt = {};
  let audio = null;
  if (others) others.onmessage = ({ data }) => { otherAt[data] = Date.now(); };

  const sound = {
    get wanted() { return localStorage.getItem("sound") === "on"; },
    set wanted(on) { localStorage.setItem("sound", on ? "on" : "off"); },
    get runs() { return Boolean(audio) && audio.state === "running"; },

    async start() {                 // browsers let a page sound only after a touch
      if (!sound.wanted) return;
      audio = audio || new AudioContext();
      await audio.resume();
      onChange();
    },

    play(name) {
      if (!sound.wanted || !sound.runs) return;
      if (document.hidden && Date.now() - (otherAt[name] || 0) < OTHERS_MS) return;
      if (others) others.postMessage(name);
      const [tones, loudness] = TONES[name];
      for (const [start, pitch, length] of tones) {
        const tone = audio.createOscillator(), gain = audio.createGain(), at = audio.currentTime + start;
        tone.frequency.value = pitch;
        gain.gain.setValueAtTime(0.0001, at);
        gain.gain.exponentialRampToValueAtTime(loudness, at + 0.02);
        gain.gain.exponentialRampToValueAtTime(0.0001, at + length);
        tone.connect(gain).connect(audio.destination);
        tone.start(at);
        tone.stop(at + length + 0.01);
      }
    },
  };
  return sound;
};
