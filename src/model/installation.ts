// The installation that a ledger belongs to: a second one in it would mix up statuses and queues.

export interface Installation {
  /** Where the repository lies, without scheme and login: `git.example.internal/team/environment`. */
  readonly repository: string;
  readonly branch: string;
  /** The Proxmox host; null while no process has said that plans or applies. */
  readonly node: string | null;
}

/** Addresses that lead to the same repository have one place: scheme, login, `.git` and case say nothing. */
export function placeOf(repositoryUrl: string): string {
  const url = URL.parse(repositoryUrl);
  const place = url === null ? repositoryUrl : `${url.host}${url.pathname}`;
  return place
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
}

/** As people see it and PHOENIX_MOVED_FROM takes it. */
export function installationText({ repository, branch, node }: Installation): string {
  return `${repository}#${branch}${node === null ? '' : `@${node}`}`;
}

/** What is not known yet agrees with everything. */
export function isSameInstallation(one: Installation, other: Installation): boolean {
  const sameNode = one.node === null || other.node === null || one.node === other.node;
  return one.repository === other.repository && one.branch === other.branch && sameNode;
}
