// Two short notes, made here: no file to load. Browsers let a page sound only after somebody has touched it.

const NOTES = [660, 880];

/** Sound once. */
export function beep() {
  const audio = new AudioContext();
  NOTES.forEach((frequency, place) => {
    const oscillator = audio.createOscillator();
    const volume = audio.createGain();
    const from = audio.currentTime + place * 0.15;
    oscillator.frequency.value = frequency;
    volume.gain.setValueAtTime(0.15, from);
    volume.gain.exponentialRampToValueAtTime(0.001, from + 0.14);
    oscillator.connect(volume).connect(audio.destination);
    oscillator.start(from);
    oscillator.stop(from + 0.15);
    if (place === NOTES.length - 1) oscillator.onended = () => audio.close();
  });
}
