// Where the forge shows a commit, a line of a file or a pull request to a person with a browser.

import type { CommitSha } from '../model/ids.ts';

export interface ForgePages {
  commit(commit: string): string;
  pull(number: number): string;
  /** @param line from 1; null: the file as a whole */
  file(commit: CommitSha | string, path: string, line: number | null): string;
}

/** As each forge calls the parts of its addresses. */
const PATHS = {
  github: { commit: 'commit', pull: 'pull', file: 'blob' },
  gitea: { commit: 'commit', pull: 'pulls', file: 'src/commit' },
  gitlab: { commit: '-/commit', pull: '-/merge_requests', file: '-/blob' },
} as const;

/**
 * Null for a repository that no forge shows.
 *
 * @param repository its address without credentials, as Git is given it: over HTTP the pages are at the same place, over SSH at the same name
 */
export function forgePages(kind: keyof typeof PATHS | 'none', repository: string): ForgePages | null {
  const url = kind === 'none' ? null : URL.parse(repository);
  if (kind === 'none' || url === null || !/^(https?|ssh):$/.test(url.protocol) || url.hostname === '') return null;
  const origin = url.protocol === 'ssh:' ? `https://${url.hostname}` : `${url.protocol}//${url.host}`;
  const top = `${origin}${url.pathname.replace(/(\.git)?\/*$/, '')}`;
  const words = PATHS[kind];
  const part = encodeURIComponent;
  return {
    commit: (commit) => `${top}/${words.commit}/${part(commit)}`,
    pull: (number) => `${top}/${words.pull}/${number}`,
    file: (commit, path, line) =>
      `${top}/${words.file}/${part(commit)}/${path.split('/').map(part).join('/')}${line === null ? '' : `#L${line}`}`,
  };
}
