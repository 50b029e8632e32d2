// Sound that is sought in: the browser gets the part that it is to play.
'use strict';
const assert = require('node:assert');

module.exports = async ({ page, base }) => {
  const ranges = [];
  page.on('response', async (response) => {
    const { 'content-range': range } = response.headers();
    if (range) ranges.push(`${response.status()} ${range}`);
  });
  await page.goto(`${base}/`);
  const [duration, time] = await page.evaluate(async () => {
    const audio = document.createElement('audio');
    const event = (name) =>
      new Promise((resolve, reject) => {
        audio.addEventListener(name, resolve, { once: true });
        audio.addEventListener('error', () => reject(audio.error.message));
      });
    audio.preload = 'metadata';
    let done = event('loadedmetadata');
    audio.src = '/silence.wav';
    document.body.append(audio);
    await done;
    done = event('seeked');
    audio.currentTime = 57;
    await done;
    // To its end, which takes 3 seconds otherwise.
    done = event('ended');
    audio.playbackRate = 8;
    await audio.play();
    await done;
    return [audio.duration, audio.currentTime];
  });
  assert.equal(duration, 60);
  assert.equal(time, 60);
  // Not only from its begin.
  assert.match(ranges.join('\n'), /^206 bytes [1-9]\d*-/m);
  return ranges.join('\n');
};
