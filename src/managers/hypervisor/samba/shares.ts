// Shares in smb.conf(5): a file that Phoenix owns, and an include line at the end of the main file. A backslash at the end of a line joins the next
// one, `%` begins a variable, and nothing can be quoted: values with these are refused.

import { isOneLine } from '../../../model/text.ts';
import { MARK } from '../act.ts';
import { withBlock } from '../block.ts';
import type { Share } from '../declared.ts';

const NAME = /^(?!(?:global|homes|printers)$)[^\s[\]"%;#/\\=]([^[\]"%;#/\\=]*[^\s[\]"%;#/\\=])?$/i;
/** Excludes repeated spaces, which Samba collapses. */
const PATH = /^\/([^"%\\\s]| (?=\S))*$/;
const USER = /^[^\s,"%\\;#]+(\\[^\s,"%\\;#]+)?$/;

/** Why Samba would not accept a share as declared; undefined when it would. */
export function shareRefusal({ name, path, validUsers }: Share): string | undefined {
  if (!isOneLine(name) || !NAME.test(name)) return `no share can be called ${JSON.stringify(name)}`;
  if (!isOneLine(path) || !PATH.test(path))
    return `the path of share ${name} has a sign in it that means something else to Samba`;
  const user = validUsers.find((each) => !isOneLine(each) || !USER.test(each));
  return user === undefined ? undefined : `share ${name} names a user ${JSON.stringify(user)} that cannot be`;
}

/** @throws Error for a share that cannot be expressed in smb.conf */
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

/** The shares of a file in the form of `sharesText`; what that form has no words for is left out. */
export function readShares(text: string): Share[] {
  const [, ...sections] = text.split(/^\[/m);
  return sections.map((section) => {
    const name = section.slice(0, section.indexOf(']'));
    const of = (key: string) => new RegExp(`^\\s*${key}\\s*=\\s*(.*?)\\s*$`, 'm').exec(section)?.[1] ?? null;
    return {
      name,
      path: of('path') ?? '',
      validUsers: of('valid users')?.split(' ') ?? [],
      browsable: of('browseable') !== 'no',
      readOnly: of('read only') !== 'no',
      guestOk: of('guest ok') === 'yes',
    };
  });
}

/** @param file the file to include; null: none */
export function mainText(present: string, file: string | null): string {
  return withBlock(present, file === null ? [] : [`include = ${file}`]);
}

/** Names of the sections of a file, in lower case, since Samba ignores case. */
export function sectionsOf(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^\s*\[([^\]\n]+)\]/gm)].map(([, name = '']) => name.trim().toLowerCase()));
}
