// The password of the administrator's account: set by its hash, and noted by which reference it was set, since the host's own hash is never read.

import type { Action, SecretReference } from '../../../model/action.ts';
import { act, MARK, NOTES, run, write } from '../act.ts';
import type { SeenUsers, UserSpec } from './users-spec.ts';

export const NOTE_FILE = `${NOTES}/users/password`;

/** Which hash was set: its reference and a keyed digest of its value. */
export function passwordNote(username: string, { $secret: reference, digest = 'none' }: SecretReference): string {
  return `${MARK}\nreference ${reference} of ${username}\ndigest ${digest}\n`;
}

/** A password that a person set later stays until a different one is declared. */
export function passwordActions({ username, passwordHash }: UserSpec, { note }: Pick<SeenUsers, 'note'>): Action[] {
  if (passwordHash === null) return [];
  const text = passwordNote(username, passwordHash);
  if (text === note) return [];
  const line = [
    { from: 'text', text: `${username}:` },
    { from: 'secret', secret: passwordHash },
    { from: 'text', text: '\n' },
  ] as const;
  const set = run('chpasswd', ['-e'], { stdin: { from: 'joined', parts: line } });
  return [
    act(`set the password of ${username}`, set),
    write('record which password was set', NOTE_FILE, text, note, 0o600),
  ];
}
