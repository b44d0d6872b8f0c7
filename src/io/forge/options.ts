// How a forge is spoken to: which one, where, as whom.

export interface ForgeOptions {
  readonly kind: 'github' | 'gitea' | 'gitlab' | 'none';
  /** Base URL: of GitHub's REST (`https://api.github.com` when absent), or of a Gitea, Forgejo or GitLab. */
  readonly api?: string;
  readonly login: ForgeLogin;
  /** `owner/name`; on GitLab with all groups above. */
  readonly repository: string;
  /** The followed one. */
  readonly branch: string;
  /** Where webhooks arrive, to know ours among others; null when nobody can reach it. */
  readonly publicUrl?: string | null;
  /** For one request, in milliseconds. */
  readonly timeoutMs?: number;
}

export type ForgeLogin =
  /** The token of the moment: whoever renews its file need not restart anything. */
  | { readonly as: 'token'; readonly token: () => string }
  /** A GitHub App: its id, and its private key as PEM. */
  | { readonly as: 'app'; readonly id: string; readonly key: string };

export const GITHUB = 'https://api.github.com';
export const TIMEOUT_MS = 15_000;
export const USER_AGENT = 'phoenix-hypervisor';

/** Where the paths of GitHub's REST begin. @throws without the address of a Gitea */
export function restBase({ kind, api }: Pick<ForgeOptions, 'kind' | 'api'>): string {
  if (kind !== 'gitea') return (api ?? GITHUB).replace(/\/+$/, '');
  if (api === undefined) throw new Error('PHOENIX_FORGE_API must name the address of the Gitea or Forgejo');
  const base = api.replace(/\/+$/, '');
  // Gitea and Forgejo keep GitHub's paths below this.
  return base.endsWith('/api/v1') ? base : `${base}/api/v1`;
}

/** @throws for what is no `owner/name` */
export function ownerAndName(repository: string): { readonly owner: string; readonly repo: string } {
  const [owner, repo, rest] = repository.split('/');
  if (!owner || !repo || rest !== undefined) {
    throw new Error(`${JSON.stringify(repository)} is no owner/name of a repository`);
  }
  return { owner, repo };
}
