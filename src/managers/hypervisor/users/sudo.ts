// Who may use sudo: a file that Phoenix owns, tested before it is put in place. An error in it would lock everybody out of sudo.

import type { Action } from '../../../model/action.ts';
import { fitting } from '../../../model/text.ts';
import { act, MARK, NOTES, remove, run, write } from '../act.ts';

/** Without a dot: sudo ignores files with a dot in their name. */
export const SUDO_FILE = '/etc/sudoers.d/phoenix';
export const STAGED_FILE = `${NOTES}/users/sudoers`;
/** The package's main file, which includes the folder. */
export const MAIN_FILE = '/etc/sudoers';
const MODE = 0o440;

/** Lower case only: a name in capitals may be an alias, and `ALL` is everybody. */
const USER = /^[a-z_][a-z0-9_-]*$/;

/** @throws Error for a name that sudo would not read as a user name */
export function sudoText(username: string, requiresPassword: boolean): string {
  return `${MARK}\n${fitting(username, USER, 'the rules of sudo')} ALL=(ALL:ALL) ${requiresPassword ? '' : 'NOPASSWD: '}ALL\n`;
}

/** @param text null: no account of Phoenix's may use sudo */
export function sudoActions(text: string | null, present: string | null, staged: string | null): Action[] {
  if (text === null) {
    return present?.startsWith(MARK) ? [remove('remove the rules of sudo', SUDO_FILE)] : [];
  }
  if (text === present) return [];
  return [
    ...(staged === text ? [] : [write('stage the rules of sudo', STAGED_FILE, text, staged, MODE)]),
    act('test the rules of sudo', run('visudo', ['-c', '-f', STAGED_FILE])),
    write('replace the rules of sudo', SUDO_FILE, text, present, MODE),
  ];
}
