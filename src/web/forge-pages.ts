// URLs of commits, file lines and pull requests on the forge's web pages.

export interface ForgePages {
  commit(commit: string): string;
  pull(number: number): string;
  /** @param line from 1; null: the file as a whole */
  file(commit: string, path: string, line: number | null): string;
}

/** Path segments of each forge below a repository. */
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
  const segments = PATHS[kind];
  const part = encodeURIComponent;
  return {
    commit: (commit) => `${top}/${segments.commit}/${part(commit)}`,
    pull: (number) => `${top}/${segments.pull}/${number}`,
    file: (commit, path, line) =>
      `${top}/${segments.file}/${part(commit)}/${path.split('/').map(part).join('/')}${line === null ? '' : `#L${line}`}`,
  };
}
