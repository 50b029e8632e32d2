// Makes the files that need more than a shell: node site.js SITE
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const site = process.argv[2];
const write = (name, data) => fs.writeFileSync(path.join(site, name), data);

const page = (text) =>
  `<!doctype html><title>${text}</title><p id=text>${text}</p>` +
  '<script src=/script.js></script>\n';
write('script.js', 'window.scripts = (window.scripts ?? 0) + 1;\n');
write('index.html', page('small'));
write('plain.html', page('from the file') + '<!-- ' + 'x'.repeat(1000) + '-->');
write('br.html', page('from the file'));
write('br.html.br', zlib.brotliCompressSync(page('from the brotli file')));
write('zstd.html', page('from the file'));
write('zstd.html.zst', zstd(Buffer.from(page('from the zstd file'))));

// A frame with one block, uncompressed (RFC 8878, section 3.1.1): Debian's
// node has no zstd.
function zstd(data) {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(0xfd2fb528, 0);
  // The frame is one segment, whose size takes a byte.
  head.writeUInt8(0x20, 4);
  head.writeUInt8(data.length, 5);
  head.writeUIntLE((data.length << 3) | 1, 6, 3);
  return Buffer.concat([head, data]);
}

// A minute of silence, uncompressed: 16 bits, 2 channels, 44100 a second.
const [channels, bytes, rate, seconds] = [2, 2, 44100, 60];
const length = seconds * rate * channels * bytes;
const wav = Buffer.alloc(44);
wav.write('RIFF', 0);
wav.writeUInt32LE(36 + length, 4);
wav.write('WAVEfmt ', 8);
wav.writeUInt32LE(16, 16);
wav.writeUInt16LE(1, 20);
wav.writeUInt16LE(channels, 22);
wav.writeUInt32LE(rate, 24);
wav.writeUInt32LE(rate * channels * bytes, 28);
wav.writeUInt16LE(channels * bytes, 32);
wav.writeUInt16LE(8 * bytes, 34);
wav.write('data', 36);
wav.writeUInt32LE(length, 40);
write('silence.wav', wav);
fs.truncateSync(path.join(site, 'silence.wav'), wav.length + length);
