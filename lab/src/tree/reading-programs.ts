// Programs that show files and users without changing anything.

import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { failed, type Outcome, ok, parse, type Tree, type TreeProgram } from './tree.ts';

export const READING_PROGRAMS: Readonly<Record<string, TreeProgram>> = {
  true: () => ok(),
  false: () => ({ rc: 1, stdout: '', stderr: '' }),
  echo: (_, words) => ok(`${words.join(' ')}\n`),
  uname: () => ok('Linux\n'),
  sleep: (_, words) => ({ ...ok(), seconds: Number(words[0]) || 0 }),
  date: (_, words) => ok(words[0] === '+%s' ? `${Math.floor(Date.now() / 1000)}\n` : `${new Date().toUTCString()}\n`),
  cat(tree, words) {
    const { operands } = parse(words);
    if (operands.length === 0) return ok(tree.stdin().toString('utf8'));
    const absent = operands.find((path) => !existsSync(tree.at(path)));
    if (absent !== undefined) return failed(`cat: ${absent}: No such file or directory`);
    return ok(operands.map((path) => readFileSync(tree.at(path), 'utf8')).join(''));
  },
  test(tree, words) {
    const negated = words[0] === '!';
    const [check = '', path = ''] = negated ? words.slice(1) : words;
    return { rc: fulfils(tree.at(path), check) !== negated ? 0 : 1, stdout: '', stderr: '' };
  },
  sha256sum(tree, words) {
    const { operands } = parse(words);
    const absent = operands.filter((path) => !existsSync(tree.at(path)));
    const lines = operands
      .filter((path) => !absent.includes(path))
      .map(
        (path) =>
          `${createHash('sha256')
            .update(readFileSync(tree.at(path)))
            .digest('hex')}  ${path}\n`,
      );
    const stderr = absent.map((path) => `sha256sum: ${path}: No such file or directory\n`).join('');
    return { rc: absent.length === 0 ? 0 : 1, stdout: lines.join(''), stderr };
  },
  cmp(tree, words) {
    const [one = '', other = ''] = parse(words).operands;
    const absent = [one, other].find((path) => !existsSync(tree.at(path)));
    if (absent !== undefined) return failed(`cmp: ${absent}: No such file or directory`, 2);
    return { rc: readFileSync(tree.at(one)).equals(readFileSync(tree.at(other))) ? 0 : 1, stdout: '', stderr: '' };
  },
  head(tree, words) {
    const { values, operands } = parse(words, 'n');
    const [path = ''] = operands;
    if (!existsSync(tree.at(path))) return failed(`head: cannot open '${path}' for reading: No such file or directory`);
    const lines = readFileSync(tree.at(path), 'utf8').match(/[^\n]*\n|[^\n]+$/g) ?? [];
    return ok(lines.slice(0, Number(values.get('n') ?? 10)).join(''));
  },
  /** `sed -e s#A#B#g FILE`, where A is a basic regular expression: groups have backslashes. */
  sed(tree, words) {
    const { values, operands } = parse(words, 'e');
    const [path = ''] = operands;
    const [, search, replacement = '', flags = ''] = /^s#([^#]*)#([^#]*)#(g?)$/.exec(values.get('e') ?? '') ?? [];
    if (search === undefined) return failed('sed: -e expression #1, char 1: only s#A#B#g is known here');
    if (!existsSync(tree.at(path))) return failed(`sed: can't read ${path}: No such file or directory`, 2);
    const pattern = new RegExp(
      search.replaceAll(/\\([()])|([()])/g, (_, group, plain) => group ?? `\\${plain}`),
      flags,
    );
    return ok(
      readFileSync(tree.at(path), 'utf8').replaceAll(/[^\n]*\n|[^\n]+$/g, (line) =>
        line.replace(pattern, replacement.replaceAll(/\\(\d)/g, '$$$1')),
      ),
    );
  },
  stat: statFiles,
};

/** `stat -c FORMAT FILE…` with the usual directives; unknown ones are refused. Missing files fail the call at its end, as in the real program. */
function statFiles(tree: Tree, words: readonly string[]): Outcome {
  const { flags, values, operands } = parse(words, 'c');
  const look = flags.has('L') ? statSync : lstatSync;
  const format = values.get('c') ?? values.get('format');
  if (format === undefined) return failed('stat: only with -c here');
  let stdout = '';
  let stderr = '';
  for (const path of operands) {
    const entry = look(tree.at(path), { throwIfNoEntry: false });
    if (entry === undefined) {
      stderr += `stat: cannot statx '${path}': No such file or directory\n`;
      continue;
    }
    const { uid, gid } = tree.accounts.ownerOf(path);
    const type = entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'symbolic link' : 'regular file';
    const shown: Record<string, string> = {
      a: (entry.mode & 0o7777).toString(8),
      u: String(uid),
      g: String(gid),
      U: tree.accounts.userName(uid),
      G: tree.accounts.groupName(gid),
      n: path,
      s: String(entry.size),
      Y: String(Math.floor(entry.mtimeMs / 1000)),
      F: type,
    };
    const unknown = [...format.matchAll(/%(.)/g)].find(([, mark = '']) => shown[mark] === undefined);
    if (unknown !== undefined) return failed(`stat: ${unknown[0]} is not known here`);
    stdout += `${format.replaceAll(/%(.)/g, (_, mark: string) => shown[mark] ?? '')}\n`;
  }
  return { rc: stderr === '' ? 0 : 1, stdout, stderr };
}

function fulfils(path: string, check: string): boolean {
  if (check === '-L') return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  if (!existsSync(path)) return false;
  const stats = statSync(path);
  if (check === '-d') return stats.isDirectory();
  if (check === '-s') return stats.size > 0;
  return check === '-f' ? stats.isFile() : /^-[erwx]$/.test(check);
}
