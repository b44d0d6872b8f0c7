// A public key as sshd reads it from one line of authorized_keys: options, type, key in base64, comment (sshd(8)).

import { isOneLine } from '../../model/text.ts';

const OPTION = /[A-Za-z0-9-]+(?:="[^"]*")?/;
const LINE = new RegExp(
  `^(?:(?:${OPTION.source})(?:,${OPTION.source})* +)?((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]+) +([A-Za-z0-9+/]+={0,2})( .*)?$`,
);

/** Whether it is one key: the base64 begins with the name of its type, so that no other line passes for one. */
export function isPublicKey(text: string): boolean {
  const line = text.trim();
  const [, type = '', key = ''] = LINE.exec(line) ?? [];
  if (type === '' || !isOneLine(line)) return false;
  const bytes = Buffer.from(key, 'base64');
  return (
    bytes.length > 4 && bytes.readUInt32BE(0) === type.length && bytes.toString('latin1', 4, 4 + type.length) === type
  );
}
