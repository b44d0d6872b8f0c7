// Identity of the installation that owns a ledger: a second one in the same ledger would mix up statuses and queues.

export interface Installation {
  /** The repository's address without scheme and login: `git.example.internal/team/environment`. */
  readonly repository: string;
  readonly branch: string;
  /** The Proxmox host; null until a process that plans or applies has registered it. */
  readonly node: string | null;
}

/** Normalises addresses of one repository: scheme, login, `.git` and case are dropped. */
export function placeOf(repositoryUrl: string): string {
  const url = URL.parse(repositoryUrl);
  const place = url === null ? repositoryUrl : `${url.host}${url.pathname}`;
  return place
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
}

/** As displayed and as accepted by PHOENIX_MOVED_FROM. */
export function installationText({ repository, branch, node }: Installation): string {
  return `${repository}#${branch}${node === null ? '' : `@${node}`}`;
}

/** An unknown node matches every node. */
export function isSameInstallation(one: Installation, other: Installation): boolean {
  const sameNode = one.node === null || other.node === null || one.node === other.node;
  return one.repository === other.repository && one.branch === other.branch && sameNode;
}
