// The lab forge's bare repository, made and looked at with the system's git.

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runGit } from './launcher.ts';

/** Refs by full name, with what they point to. */
export type Refs = ReadonlyMap<string, string>;

export interface BareRepository {
  readonly folder: string;
  refs(): Promise<Refs>;
  /** Full id of a commit or of the commit that a name leads to; undefined when there is none. */
  commit(revision: string): Promise<string | undefined>;
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  /** Runs git in the repository; fails with what it wrote to standard error. */
  git(...args: readonly string[]): Promise<string>;
}

/**
 * Force pushes, deletions and fetches by commit id are allowed, as on GitHub. Refs of pull requests can be fetched and not be
 * pushed; those of forks are shown in the forks only.
 */
const SETTINGS = [
  ['http.receivepack', 'true'],
  ['uploadpack.allowAnySHA1InWant', 'true'],
  ['receive.denyDeleteCurrent', 'ignore'],
  ['receive.hideRefs', 'refs/pull'],
  ['receive.hideRefs', 'refs/merge-requests'],
  ['transfer.hideRefs', 'refs/namespaces'],
  ['gc.auto', '0'],
  ['receive.autogc', 'false'],
  ['core.quotePath', 'false'],
] as const;

/** Keeps git away from the machine's and the user's configuration, and gives it the lab's. */
export function gitEnvironment(home: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_DEFAULT_REF_FORMAT: 'files',
    LC_ALL: 'C.UTF-8',
    ...configuration(),
  };
}

/** As git takes it from the environment (git-config(1), `GIT_CONFIG_COUNT`). */
function configuration(): Record<string, string> {
  const pairs = SETTINGS.flatMap(([name, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, name],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(SETTINGS.length), ...Object.fromEntries(pairs) };
}

/** A ref that is deleted while all are looked at. */
function gone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

/** Makes the repository when it is missing. */
export async function openBareRepository(folder: string): Promise<BareRepository> {
  await mkdir(folder, { recursive: true });
  const git = (...args: readonly string[]): Promise<string> =>
    runGit({ args, cwd: folder, env: gitEnvironment(join(folder, '..')) });
  await git('init', '--quiet', '--bare', '--template=', '--initial-branch=main');
  /** Commits never go away here: each is looked up once. */
  const commits = new Set<string>();

  return {
    folder,
    git,
    async refs() {
      // Here nothing packs them: each is a file.
      const entries = await readdir(join(folder, 'refs'), { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.lock'));
      const paths = files.map(({ parentPath, name }) => join(parentPath, name));
      const read = paths.map(
        async (path) => [relative(folder, path), await readFile(path, 'utf8').catch(gone)] as const,
      );
      const refs = (await Promise.all(read)).map(([name, text]) => [name, text.trim()] as const);
      return new Map(refs.filter(([, id]) => id !== ''));
    },
    async commit(revision) {
      if (commits.has(revision)) return revision;
      const args = ['--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
      const found = (await git('rev-parse', ...args).catch(() => '')).trim();
      if (found === '') return undefined;
      commits.add(found);
      return found;
    },
    isAncestor: (ancestor, descendant) =>
      git('merge-base', '--is-ancestor', ancestor, descendant).then(
        () => true,
        () => false,
      ),
  };
}
