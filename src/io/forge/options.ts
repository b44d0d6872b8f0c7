// Options of a forge: its kind, address and login.

export interface ForgeOptions {
  readonly kind: 'github' | 'gitea' | 'gitlab' | 'none';
  /** Base URL: of GitHub's REST (`https://api.github.com` when absent), or of a Gitea, Forgejo or GitLab. */
  readonly api?: string;
  readonly login: ForgeLogin;
  /** `owner/name`; on GitLab with all groups above. */
  readonly repository: string;
  /** The followed branch. */
  readonly branch: string;
  /** The public URL, by which Phoenix's webhook is recognised; null when there is none. */
  readonly publicUrl?: string | null;
  /** Time limit of one request, in milliseconds. */
  readonly timeoutMs?: number;
}

export type ForgeLogin =
  /** Returns the current token, so that its file can be replaced without a restart. */
  | { readonly as: 'token'; readonly token: () => string }
  /** A GitHub App: its id, and its private key as PEM. */
  | { readonly as: 'app'; readonly id: string; readonly key: string };

export const GITHUB = 'https://api.github.com';
export const TIMEOUT_MS = 15_000;
export const USER_AGENT = 'phoenix-hypervisor';

/**
 * Base URL of GitHub's REST paths. @throws without the address of a Gitea
 */
export function restBase({ kind, api }: Pick<ForgeOptions, 'kind' | 'api'>): string {
  if (kind !== 'gitea') return (api ?? GITHUB).replace(/\/+$/, '');
  if (api === undefined) throw new Error('PHOENIX_FORGE_API must name the address of the Gitea or Forgejo');
  const base = api.replace(/\/+$/, '');
  // Gitea and Forgejo have GitHub's paths below this one.
  return base.endsWith('/api/v1') ? base : `${base}/api/v1`;
}

/** @throws for text that is not `owner/name` */
export function ownerAndName(repository: string): { readonly owner: string; readonly repo: string } {
  const [owner, repo, rest] = repository.split('/');
  if (!owner || !repo || rest !== undefined) {
    throw new Error(`${JSON.stringify(repository)} is no owner/name of a repository`);
  }
  return { owner, repo };
}
