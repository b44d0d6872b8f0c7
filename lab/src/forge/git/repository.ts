// The lab forge's bare repository, managed with the system's git.

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runGit } from './launcher.ts';

/** Refs by full name with their targets. */
export type Refs = ReadonlyMap<string, string>;

export interface BareRepository {
  readonly folder: string;
  refs(): Promise<Refs>;
  /** Full id of a commit or ref; undefined if there is none. */
  commit(revision: string): Promise<string | undefined>;
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  /** Runs git in the repository; rejects with its standard error. */
  git(...args: readonly string[]): Promise<string>;
}

/**
 * Force pushes, deletions and fetches by commit id are allowed, as on GitHub. Pull request refs are read-only; those of forks are only visible in the
 * forks.
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

/** Isolates git from the configuration of the machine and user. */
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

/** Configuration through the environment (git-config(1), `GIT_CONFIG_COUNT`). */
function configuration(): Record<string, string> {
  const pairs = SETTINGS.flatMap(([name, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, name],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(SETTINGS.length), ...Object.fromEntries(pairs) };
}

/** Ignores refs that are deleted during the listing. */
function ignoreMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

/** Creates the repository if missing. */
export async function openBareRepository(folder: string): Promise<BareRepository> {
  await mkdir(folder, { recursive: true });
  const git = (...args: readonly string[]): Promise<string> =>
    runGit({ args, cwd: folder, env: gitEnvironment(join(folder, '..')) });
  await git('init', '--quiet', '--bare', '--template=', '--initial-branch=main');
  /** Commits are never deleted, so lookups are cached. */
  const commits = new Set<string>();

  return {
    folder,
    git,
    async refs() {
      // Refs are never packed: each is a file.
      const entries = await readdir(join(folder, 'refs'), { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.lock'));
      const paths = files.map(({ parentPath, name }) => join(parentPath, name));
      const read = paths.map(
        async (path) => [relative(folder, path), await readFile(path, 'utf8').catch(ignoreMissing)] as const,
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
