// The lab forge's bare repository, made and looked at with the system's git.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
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
      const listed = await git('for-each-ref', '--format=%(objectname) %(refname)');
      const lines = listed.split('\n').filter((line) => line !== '');
      return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
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
