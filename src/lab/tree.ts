// The everyday file programs of a machine whose files lie below a folder: the node's own, or a guest's. Owners are noted beside
// the files, since whoever runs a lab need not be root.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Accounts } from './accounts.ts';

/** How a command ends, and after how many seconds: at once unless given, never when infinite. */
export type Outcome = {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds?: number;
};

export interface Tree {
  /** Where a path of the machine lies. */
  at(path: string): string;
  readonly accounts: Accounts;
  stdin(): Buffer;
}

export type TreeProgram = (tree: Tree, words: readonly string[]) => Outcome;

export const ok = (stdout = ''): Outcome => ({ rc: 0, stdout, stderr: '' });
export const failed = (stderr: string, rc = 1): Outcome => ({ rc, stdout: '', stderr: `${stderr}\n` });

interface Parsed {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/** Short options one by one; those of `withValue` take the next word or what follows them. `--` ends them. */
function parse(words: readonly string[], withValue = ''): Parsed {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  let ended = false;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (ended || !/^-./.test(word)) operands.push(word);
    else if (word === '--') ended = true;
    else if (word.startsWith('--')) {
      const [, name = '', value] = /^--([^=]+)(?:=(.*))?$/.exec(word) ?? [];
      if (value === undefined) flags.add(name);
      else values.set(name, value);
    } else {
      for (let at = 1; at < word.length; at += 1) {
        const letter = word[at] ?? '';
        if (!withValue.includes(letter)) flags.add(letter);
        else {
          index += word.length > at + 1 ? 0 : 1;
          values.set(letter, word.length > at + 1 ? word.slice(at + 1) : (words[index] ?? ''));
          break;
        }
      }
    }
  }
  return { flags, values, operands };
}

const missing = (program: string, verb: string, path: string): Outcome =>
  failed(`${program}: cannot ${verb} '${path}': No such file or directory`);

function write(tree: Tree, path: string, data: Buffer | string): void {
  mkdirSync(dirname(tree.at(path)), { recursive: true });
  writeFileSync(tree.at(path), data);
}

/** Folders that every machine has, whether or not anything was put into them yet. */
const STANDARD =
  /^\/(etc(\/(apt|cron\.d|default|logrotate\.d|modprobe\.d|ssh|ssl|sudoers\.d|systemd\/system))?|home|mnt|opt|root|run|srv|tmp|usr\/local\/(bin|sbin|share)|var(\/(cache|lib|log|tmp|www))?)?$/;

function hasFolder(tree: Tree, path: string): boolean {
  const folder = dirname(path);
  if (!existsSync(tree.at(folder)) && STANDARD.test(folder)) mkdirSync(tree.at(folder), { recursive: true });
  return existsSync(tree.at(folder));
}

/** The outcome of the first file that fails, or success. */
function each(paths: readonly string[], act: (path: string) => Outcome | undefined): Outcome {
  for (const path of paths) {
    const outcome = act(path);
    if (outcome !== undefined) return outcome;
  }
  return ok();
}

export const FILE_PROGRAMS: Readonly<Record<string, TreeProgram>> = {
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
  mkdir(tree, words) {
    const { flags, values, operands } = parse(words, 'm');
    return each(operands, (path) => {
      if (existsSync(tree.at(path))) {
        return flags.has('p') ? undefined : failed(`mkdir: cannot create directory '${path}': File exists`);
      }
      if (!flags.has('p') && !hasFolder(tree, path)) return missing('mkdir', 'create directory', path);
      mkdirSync(tree.at(path), { recursive: true });
      const mode = values.get('m');
      if (mode !== undefined) chmodSync(tree.at(path), Number.parseInt(mode, 8));
      return undefined;
    });
  },
  rmdir: (tree, words) =>
    each(parse(words).operands, (path) => {
      if (!existsSync(tree.at(path))) return missing('rmdir', 'remove', path);
      if (readdirSync(tree.at(path)).length > 0)
        return failed(`rmdir: failed to remove '${path}': Directory not empty`);
      rmdirSync(tree.at(path));
      return undefined;
    }),
  rm(tree, words) {
    const { flags, operands } = parse(words);
    const recursive = flags.has('r') || flags.has('R');
    return each(operands, (path) => {
      const entry = lstatSync(tree.at(path), { throwIfNoEntry: false });
      if (entry === undefined) return flags.has('f') ? undefined : missing('rm', 'remove', path);
      if (entry.isDirectory() && !recursive) return failed(`rm: cannot remove '${path}': Is a directory`);
      rmSync(tree.at(path), { recursive, force: true });
      return undefined;
    });
  },
  mv(tree, words) {
    const [source = '', target = ''] = parse(words).operands;
    if (!existsSync(tree.at(source))) return failed(`mv: cannot stat '${source}': No such file or directory`);
    const place = placeOf(tree, source, target);
    if (!hasFolder(tree, place)) return missing('mv', 'move', source);
    renameSync(tree.at(source), tree.at(place));
    tree.accounts.moveOwner(source, place);
    return ok();
  },
  cp(tree, words) {
    const [source = '', target = ''] = parse(words).operands;
    if (!existsSync(tree.at(source))) return failed(`cp: cannot stat '${source}': No such file or directory`);
    const to = tree.at(placeOf(tree, source, target));
    if (!hasFolder(tree, placeOf(tree, source, target))) return missing('cp', 'create regular file', target);
    if (source.endsWith('/.')) cpSync(tree.at(source), tree.at(target), { recursive: true });
    else if (statSync(tree.at(source)).isDirectory()) cpSync(tree.at(source), to, { recursive: true });
    else copyFileSync(tree.at(source), to);
    return ok();
  },
  ln(tree, words) {
    const { flags, operands } = parse(words);
    const [target = '', link = ''] = operands;
    if (!flags.has('s')) return failed('ln: only symbolic links are made here');
    if (flags.has('f')) rmSync(tree.at(link), { force: true });
    if (lstatSync(tree.at(link), { throwIfNoEntry: false }) !== undefined) {
      return failed(`ln: failed to create symbolic link '${link}': File exists`);
    }
    symlinkSync(target, tree.at(link));
    return ok();
  },
  readlink(tree, words) {
    const [path = ''] = parse(words).operands;
    const entry = lstatSync(tree.at(path), { throwIfNoEntry: false });
    return entry?.isSymbolicLink() ? ok(`${readlinkSync(tree.at(path))}\n`) : { rc: 1, stdout: '', stderr: '' };
  },
  chmod(tree, words) {
    const [mode = '', ...paths] = parse(words).operands;
    if (!/^[0-7]{3,4}$/.test(mode)) return failed(`chmod: invalid mode: '${mode}'`);
    return each(paths, (path) => {
      if (!existsSync(tree.at(path))) return missing('chmod', 'access', path);
      chmodSync(tree.at(path), Number.parseInt(mode, 8));
      return undefined;
    });
  },
  chown(tree, words) {
    const [owner = '', ...paths] = parse(words).operands;
    const ids = tree.accounts.idsOf(owner);
    if (typeof ids === 'string') return failed(`chown: invalid ${ids}: '${owner}'`);
    return each(paths, (path) => {
      if (!existsSync(tree.at(path))) return missing('chown', 'access', path);
      tree.accounts.setOwner(path, ids);
      return undefined;
    });
  },
  touch: (tree, words) =>
    each(parse(words).operands, (path) => {
      if (!existsSync(tree.at(path))) write(tree, path, '');
      return undefined;
    }),
  tee(tree, words) {
    const data = tree.stdin();
    for (const path of parse(words).operands) {
      if (!hasFolder(tree, path)) return failed(`tee: ${path}: No such file or directory`);
      write(tree, path, data);
    }
    return ok(data.toString('utf8'));
  },
  install(tree, words) {
    const { flags, values, operands } = parse(words, 'mog');
    const named = [values.get('o') ?? '', values.get('g') ?? ''].join(':');
    const ids = named === ':' ? { uid: 0, gid: 0 } : tree.accounts.idsOf(named);
    if (typeof ids === 'string') return failed(`install: invalid ${ids}: '${named}'`);
    const finish = (path: string): void => {
      chmodSync(tree.at(path), Number.parseInt(values.get('m') ?? '755', 8));
      tree.accounts.setOwner(path, ids);
    };
    if (flags.has('d')) {
      for (const path of operands) {
        mkdirSync(tree.at(path), { recursive: true });
        finish(path);
      }
      return ok();
    }
    const [source = '', target = ''] = operands;
    if (source !== '/dev/stdin' && !existsSync(tree.at(source))) return missing('install', 'stat', source);
    if (!flags.has('D') && !hasFolder(tree, target)) return missing('install', 'create regular file', target);
    write(tree, target, source === '/dev/stdin' ? tree.stdin() : readFileSync(tree.at(source)));
    finish(target);
    return ok();
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
  /** `sed -e s#A#B#g FILE`, with A as sed reads it: groups are written with backslashes. */
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
      readFileSync(tree.at(path), 'utf8').replaceAll(/.*/g, (line) =>
        line.replace(pattern, replacement.replaceAll(/\\(\d)/g, '$$$1')),
      ),
    );
  },
  stat: statFiles,
  id(tree, words) {
    const { flags, operands } = parse(words);
    const [name = 'root'] = operands;
    const user = tree.accounts.user(name);
    if (user === undefined) return failed(`id: '${name}': no such user`);
    if (flags.has('u')) return ok(`${user.uid}\n`);
    if (flags.has('g')) return ok(`${user.gid}\n`);
    return ok(`uid=${user.uid}(${name}) gid=${user.gid}\n`);
  },
  getent(tree, [database = '', key = '']) {
    const line = tree.accounts.line(database, key);
    return line === undefined ? { rc: 2, stdout: '', stderr: '' } : ok(`${line}\n`);
  },
};

/** `stat -c FORMAT FILE…` with the usual marks; what it cannot print it refuses. Files that are missing fail it in the end, as they do the real one. */
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

function placeOf(tree: Tree, source: string, target: string): string {
  const into = existsSync(tree.at(target)) && statSync(tree.at(target)).isDirectory();
  return into ? join(target, basename(source)) : target;
}

function fulfils(path: string, check: string): boolean {
  if (check === '-L') return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  if (!existsSync(path)) return false;
  const stats = statSync(path);
  if (check === '-d') return stats.isDirectory();
  if (check === '-s') return stats.size > 0;
  return check === '-f' ? stats.isFile() : /^-[erwx]$/.test(check);
}
