// Programs that change files.

import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { each, failed, hasFolder, missing, ok, parse, placeOf, type TreeProgram, write } from './tree.ts';

export const CHANGING_PROGRAMS: Readonly<Record<string, TreeProgram>> = {
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
};
