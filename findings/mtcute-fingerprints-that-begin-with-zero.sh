#!/bin/sh
# mtcute 0.30.3 does not find a public key whose fingerprint begins with the hexadecimal digit 0,
# which is one of sixteen: `addPublicKey` keeps it under 16 digits, `findKeyByFingerprints` looks
# for what `toString(16)` makes of the server's number, which has no leading zeros. With such a
# key of a server of one's own no handshake is possible. Given as a text of 16 digits it is found.
# Seen with node v20.20.2:
#   048bb2d5df4f47c2 as a number: not found
#   048bb2d5df4f47c2 as a text: found
# Our sandbox makes no keys with such fingerprints.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --ignore-scripts --no-audit --no-fund @mtcute/node@0.30.3 long@5.3.2
cat > seen.mjs <<'JAVASCRIPT'
import Long from 'long';
import { NodeCryptoProvider, addPublicKey, findKeyByFingerprints } from '@mtcute/node/utils.js';

const fingerprint = '048bb2d5df4f47c2';
const crypto = new NodeCryptoProvider();
await crypto.initialize?.();
addPublicKey(crypto, `-----BEGIN RSA PUBLIC KEY-----
MEgCQQCZEULf4WZN+5Oigtwz+RFjfxjd2wyxONYskb9Y5CZa23CRy8QAOH0JyDas
2vNy89pl/lRn+oBVIPWXDpF/Ast3AgMBAAE=
-----END RSA PUBLIC KEY-----`);
const found = [Long.fromString(fingerprint, true, 16), fingerprint].map(
  (name) => findKeyByFingerprints([name]) !== null);
console.log(`${fingerprint} as a number: ${found[0] ? 'found' : 'not found'}`);
console.log(`${fingerprint} as a text: ${found[1] ? 'found' : 'not found'}`);
if (found[0] || !found[1]) throw new Error('it has changed');
JAVASCRIPT
node seen.mjs
