// URLs of commits, file lines and pull requests on the forge's web pages.

import type { CommitSha } from '../model/ids.ts';

export interface ForgePages {
  commit(commit: string): string;
  pull(number: number): string;
  /** @param line from 1; null: the file as a whole */
  file(commit: CommitSha | string, path: string, line: number | null): string;
}

/** URL parts of each forge. */
const PATHS = {
  github: { commit: 'commit', pull: 'pull', file: 'blob' },
  gitea: { commit: 'commit', pull: 'pulls', file: 'src/commit' },
  gitlab: { commit: '-/commit', pull: '-/merge_requests', file: '-/blob' },
} as const;

/**
 * Null if the repository has no forge pages.
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
