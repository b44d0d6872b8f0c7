// Parses and prints NFS exports (exports(5)): Phoenix's own file, the files of people, and the table of what the kernel exports.

import { fitting } from '../../../model/text.ts';
import { MARK } from '../act.ts';
import { nfsOptionFault } from './option.ts';

/** One folder exported to one client. */
export interface Export {
  readonly path: string;
  readonly client: string;
  readonly options: readonly string[];
}

export const OWN_FILE = '/etc/exports.d/phoenix.exports';

/**
 * One line for each folder, in the order given.
 * @throws Error for a client or option that exportfs would refuse: it stops reading there, and all following exports would be lost
 */
export function exportsText(exports: readonly Export[]): string {
  const lines = [...Map.groupBy(exports, ({ path }) => path)].map(([path, clients]) =>
    [escaped(path), ...clients.map(printClient)].join(' '),
  );
  return [MARK, ...lines, ''].join('\n');
}

function printClient({ client, options }: Export): string {
  const wrong = options.find((option) => nfsOptionFault(option) !== null);
  if (wrong !== undefined) throw new Error(`NFS has no option ${wrong}`);
  return `${fitting(client, /^[^-\s()#"\\,][^\s()#"\\,]*$/, 'a list of exports')}(${options.join(',')})`;
}

/** Parses a file of /etc/exports.d, or /var/lib/nfs/etab. A client without options has none. */
export function readExports(text: string): Export[] {
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n');
  return lines.flatMap((line): Export[] => {
    const [, quoted, plain = '', rest = ''] = /^\s*(?:"([^"]*)"|([^\s#"]+))(.*)$/.exec(line) ?? [];
    const path = quoted ?? unescaped(plain);
    if (path === '') return [];
    return [...rest.replace(/\s#.*$/, '').matchAll(/([^\s()]+)?(?:\(([^)]*)\))?/g)].flatMap(
      ([word, client, options]) =>
        word === '' || client?.startsWith('-')
          ? []
          : [{ path, client: client ?? '*', options: options?.split(',').filter((each) => each !== '') ?? [] }],
    );
  });
}

/** Whether both are the same folder for the same client. exportfs writes machine names out in full. */
export function sameExport(one: Export, other: Export): boolean {
  return one.path === other.path && plainClient(one.client) === plainClient(other.client);
}

function plainClient(client: string): string {
  const lower = client.toLowerCase();
  return /^[a-z][a-z0-9.-]*$/.test(lower) ? (lower.split('.')[0] ?? lower) : lower;
}

/** Exports of Phoenix's file, or of an interrupted change, that are no longer declared and that no other file has. */
export function exportsToWithdraw(
  {
    own,
    begun,
    foreign,
    active,
  }: Record<'own' | 'begun', string | null> & Record<'foreign' | 'active', readonly Export[]>,
  declared: readonly Export[],
): Export[] {
  const ours = [...(own?.startsWith(MARK) ? readExports(own) : []), ...readExports(begun ?? '')];
  return ours
    .filter((each, index) => ours.findIndex((one) => sameExport(one, each)) === index)
    .filter((each) => ![...declared, ...foreign].some((one) => sameExport(one, each)))
    .filter((each) => active.some((one) => sameExport(one, each)));
}

/** The export as an argument of `exportfs`. */
export function exportName({ client, path }: Export): string {
  return client.includes(':') && !client.startsWith('[') ? `[${client}]:${path}` : `${client}:${path}`;
}

/** Escapes characters that could end the path, as octal bytes. */
function escaped(path: string): string {
  return [...Buffer.from(path)]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[\w./@:+,=~%-]/.test(letter) ? letter : `\\${byte.toString(8).padStart(3, '0')}`;
    })
    .join('');
}

/** Bytes that are not escaped are taken as they are, including those of non-ASCII letters. */
function unescaped(word: string): string {
  const parts = word.split(/\\([0-7]{3})/);
  return Buffer.concat(
    parts.map((part, at) => (at % 2 === 0 ? Buffer.from(part) : Buffer.from([Number.parseInt(part, 8)]))),
  ).toString();
}
