// Who may become root: a file of our own beside that of people, tested before it counts. A fault in it would lock everybody out of
// sudo.

import type { Action } from '../../../model/action.ts';
import { fitting } from '../../../model/text.ts';
import { act, MARK, NOTES, remove, run, write } from '../act.ts';

/** sudo reads no file whose name has a dot in it. */
export const SUDO_FILE = '/etc/sudoers.d/phoenix';
export const STAGED_FILE = `${NOTES}/users/sudoers`;
/** Comes with the package. */
export const MAIN_FILE = '/etc/sudoers';
const MODE = 0o440;

/** In capitals a name may be an alias of somebody's, and `ALL` is everybody. */
const USER = /^[a-z_][a-z0-9_-]*$/;

/** @throws Error for a name that sudo would read as something else */
export function sudoText(username: string, requiresPassword: boolean): string {
  return `${MARK}\n${fitting(username, USER, 'the rules of sudo')} ALL=(ALL:ALL) ${requiresPassword ? '' : 'NOPASSWD: '}ALL\n`;
}

/** @param text null: nobody of ours may */
export function sudoActions(text: string | null, present: string | null, staged: string | null): Action[] {
  if (text === null) {
    return present?.startsWith(MARK) ? [remove('let nobody of ours use sudo any more', SUDO_FILE)] : [];
  }
  if (text === present) return [];
  return [
    ...(staged === text ? [] : [write('stage who may use sudo', STAGED_FILE, text, staged, MODE)]),
    act('test who may use sudo', run('visudo', ['-c', '-f', STAGED_FILE])),
    write('swap who may use sudo', SUDO_FILE, text, present, MODE),
  ];
}
