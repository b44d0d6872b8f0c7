// PHOENIX_SIGNING_KEYS: armored OpenPGP public keys and lines of OpenSSH's allowed signers, in any order. Only the format is checked here; whether a
// key is usable is checked on use.

import type { SigningKeys } from '../model/signing-keys.ts';
import type { Value } from './values.ts';

const BLOCK = /^-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?^-----END PGP PUBLIC KEY BLOCK-----/gm;
const KEY_TYPE =
  '(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp\\d+|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\\.com)';
/** Options such as `namespaces="git"`, separated by commas; a quoted value may contain spaces. */
const OPTIONS = /^(?:cert-authority|(?:namespaces|valid-after|valid-before)="[^"]*")(?:,|$)/i;
const LINE = new RegExp(
  `^("[^"]+"|\\S+)(?:\\s+((?:[^\\s"]|"[^"]*")+))?\\s+${KEY_TYPE}\\s+[A-Za-z0-9+/]{40,}=*(?:\\s|$)`,
);
const LOGIN_LINE = new RegExp(`^${KEY_TYPE}\\s`);
const TIME = /^(\d{8}|\d{12}|\d{14})Z?$/i;

const EXAMPLE = 'for example: ada@example.org namespaces="git" ssh-ed25519 AAAA…';

export function signingKeys(text: string): Value<SigningKeys | null> {
  if (/-----BEGIN (?:PGP|OPENSSH|[A-Z ]*)PRIVATE KEY/.test(text)) {
    return { wrong: 'holds a private key', hint: 'take it out, and make a new one: only public keys belong here' };
  }
  const openpgp = [...text.matchAll(BLOCK)].map(([block]) => block);
  // Preserves line numbers.
  const rest = text.replace(BLOCK, (block) => block.replace(/[^\n]/g, '')).split('\n');
  const ssh: string[] = [];
  for (const [index, written] of rest.entries()) {
    const line = written.trim();
    if (line === '' || line.startsWith('#')) continue;
    const wrong = wrongWith(line);
    if (wrong !== null) return { wrong: `line ${index + 1} ${wrong.wrong}`, hint: wrong.hint };
    ssh.push(line);
  }
  if (openpgp.length === 0 && ssh.length === 0) return { wrong: 'holds no key', hint: EXAMPLE };
  return { value: { openpgp, ssh } };
}

function wrongWith(line: string): { readonly wrong: string; readonly hint: string } | null {
  if (line.startsWith('-----')) {
    const hint = 'copy the key from -----BEGIN PGP PUBLIC KEY BLOCK----- to -----END PGP PUBLIC KEY BLOCK-----';
    return { wrong: 'is no end or beginning of an OpenPGP public key', hint };
  }
  if (LOGIN_LINE.test(line)) return { wrong: 'says of no one that the key is theirs', hint: EXAMPLE };
  const [, , options] = LINE.exec(line) ?? [];
  if (!LINE.test(line))
    return { wrong: 'is neither an allowed signer of OpenSSH nor part of an OpenPGP key', hint: EXAMPLE };
  return options === undefined ? null : wrongOption(options);
}

function wrongOption(options: string) {
  for (let rest = options; rest !== ''; ) {
    const [option] = OPTIONS.exec(rest) ?? [];
    if (option === undefined) {
      return { wrong: `has the option ${rest.split(/[,=]/)[0]}, which allowed signers do not have`, hint: EXAMPLE };
    }
    const [, time] = /^valid-(?:after|before)="([^"]*)"/i.exec(option) ?? [];
    if (time !== undefined && !TIME.test(time)) {
      return {
        wrong: `has ${JSON.stringify(time)} for a time`,
        hint: 'write it as YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS',
      };
    }
    rest = rest.slice(option.length);
  }
  return null;
}
