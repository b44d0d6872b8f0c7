// Shares as lines of smb.conf(5): a file of our own, and the line that has Samba read it at the end of the file of people. A line
// that ends in a backslash goes on in the next, `%` begins a variable, and nothing can be quoted: what these would change is refused.

import { isOneLine } from '../../../model/text.ts';
import { MARK } from '../act.ts';
import { withBlock } from '../block.ts';

export interface Share {
  readonly name: string;
  readonly path: string;
  /** Empty: whoever has an account. */
  readonly validUsers: readonly string[];
  readonly browsable: boolean;
  readonly readOnly: boolean;
  readonly guestOk: boolean;
}

const NAME = /^(?!(?:global|homes|printers)$)[^\s[\]"%;#/\\=]([^[\]"%;#/\\=]*[^\s[\]"%;#/\\=])?$/i;
/** Several spaces would become one. */
const PATH = /^\/([^"%\\\s]| (?=\S))*$/;
const USER = /^[^\s,"%\\;#]+(\\[^\s,"%\\;#]+)?$/;

/** Why Samba would not take a share as it is declared; undefined when it would. */
export function shareRefusal({ name, path, validUsers }: Share): string | undefined {
  if (!isOneLine(name) || !NAME.test(name)) return `no share can be called ${JSON.stringify(name)}`;
  if (!isOneLine(path) || !PATH.test(path))
    return `the path of share ${name} has a sign in it that means something else to Samba`;
  const user = validUsers.find((each) => !isOneLine(each) || !USER.test(each));
  return user === undefined ? undefined : `share ${name} names a user ${JSON.stringify(user)} that cannot be`;
}

/** @throws Error for a share that smb.conf has no way to say */
export function sharesText(shares: readonly Share[]): string {
  const fault = shares.map(shareRefusal).find((each) => each !== undefined);
  if (fault !== undefined) throw new Error(fault);
  const yes = (value: boolean): string => (value ? 'yes' : 'no');
  const sections = shares.map(({ name, path, validUsers, browsable, readOnly, guestOk }) => [
    '',
    `[${name}]`,
    `   path = ${path}`,
    ...(validUsers.length === 0 ? [] : [`   valid users = ${validUsers.join(' ')}`]),
    `   browseable = ${yes(browsable)}`,
    `   read only = ${yes(readOnly)}`,
    `   guest ok = ${yes(guestOk)}`,
  ]);
  return [MARK, ...sections.flat(), ''].join('\n');
}

/** @param file null: it reads none of ours */
export function mainText(present: string, file: string | null): string {
  return withBlock(present, file === null ? [] : [`include = ${file}`]);
}

/** Names of the sections of a file, in lower case: Samba takes no notice of case. */
export function sectionsOf(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^\s*\[([^\]\n]+)\]/gm)].map(([, name = '']) => name.trim().toLowerCase()));
}
