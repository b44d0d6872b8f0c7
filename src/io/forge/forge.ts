// The forge: reports on commits as checks (for an App on GitHub) or statuses, and reads pull requests and people.

import type { Forge } from '../../ports/forge.ts';
import { setCheck } from './github/checks.ts';
import { setComment } from './github/comments.ts';
import { connect, isGitHubItself } from './github/connect.ts';
import { redeliver, sentWebhook, sentWebhooks } from './github/deliveries.ts';
import { mayWrite, openPulls, pullOf } from './github/pulls.ts';
import { queuedMerges } from './github/queue.ts';
import { commentOf, pullsOf, pullTexts, pusherOf, repositoryName } from './github/responses.ts';
import { reviewsOf } from './github/reviews.ts';
import { pendingChecks, pendingStatuses, setStatus } from './github/statuses.ts';
import { gitlabForge } from './gitlab/forge.ts';
import { type ForgeOptions, GITHUB } from './options.ts';
import { reading as readingWith } from './reading.ts';
import { rightAt } from './rights.ts';

const PULLS = 'Pull requests: read';
const WEBHOOKS = 'Webhooks: read and write';
/** GitHub's limits for creating content are 80 a minute and 500 an hour; some of it is left for people. */
const GITHUB_LIMITS = { perMinute: 70, perHour: 450 };

/**
 * Null for `none`: nothing is reported. Sends nothing before the first call. @throws for an invalid forge
 */
export function openForge(options: ForgeOptions): Forge | null {
  switch (options.kind) {
    case 'none':
      return null;
    case 'gitlab':
      return gitlabForge(options);
    case 'github':
    case 'gitea':
      return githubForge(options);
    default:
      return options.kind satisfies never;
  }
}

function githubForge(options: ForgeOptions): Forge {
  const github = connect(options);
  const { as } = options.login;
  const checks = as === 'app';
  const reading: typeof readingWith = (asked, read) =>
    readingWith({ ...asked, right: rightAt(options.kind, asked.right) }, read);
  return {
    checks,
    limits: isGitHubItself(options) ? GITHUB_LIMITS : null,
    setStatus: (status, details, handle) => {
      return checks ? setCheck(github, status, details, handle) : setStatus(github, status);
    },
    setComment: (comment, handle, edited) => setComment(github, options.login, comment, handle, edited),
    openPulls: () => reading({ what: 'the open pull requests', right: PULLS, as }, () => openPulls(github)),
    queued: () => {
      const read = () => queuedMerges(github, options.branch);
      return reading({ what: 'the merge queue', right: 'Contents: read', as }, read);
    },
    pull: (number) => reading({ what: `pull request ${number}`, right: PULLS, as }, () => pullOf(github, number)),
    mayWrite: (login, signed) =>
      reading({ what: 'who may push', right: 'Metadata: read', as }, () => mayWrite(github, login, signed)),
    comment: (pull, id) => reading({ what: `comment ${id}`, right: PULLS, as }, () => commentOf(github, pull, id)),
    reviews: (pull) => reading({ what: `the reviews of #${pull}`, right: PULLS, as }, () => reviewsOf(github, pull)),
    sentWebhook: (delivery, since) => {
      const read = async () =>
        options.kind === 'gitea' ? null : sentWebhook(github, options.publicUrl ?? null, delivery, since);
      return reading({ what: 'the deliveries of the webhook', right: WEBHOOKS, as }, read);
    },
    pullsOf: (commit) => {
      return reading({ what: 'the pull requests of a commit', right: PULLS, as }, () => pullsOf(github, commit));
    },
    pullTexts: (number) => {
      return reading({ what: `the commits of pull request ${number}`, right: PULLS, as }, () =>
        pullTexts(github, number),
      );
    },
    pusherOf: (commit) => {
      const read = () => pusherOf(github, options.branch, commit);
      return reading({ what: 'who pushed a commit', right: 'Contents: read', as }, read);
    },
    repositoryName: () =>
      reading({ what: 'the repository', right: 'Metadata: read', as }, () => repositoryName(github)),
    pending: (commit) => {
      const read = () => (checks ? pendingChecks(github, commit) : pendingStatuses(github, commit));
      return reading(
        { what: 'what was said of a commit', right: checks ? 'Checks: read' : 'Commit statuses: read', as },
        read,
      );
    },
    // Gitea lists deliveries on its pages only.
    sentWebhooks: async (since) => {
      if (options.kind === 'gitea') return null;
      const read = () => sentWebhooks(github, options.publicUrl ?? null, since);
      return reading({ what: 'the deliveries of the webhook', right: WEBHOOKS, as }, read);
    },
    redeliver: (lost) => {
      const request = () => redeliver(github, options.publicUrl ?? null, lost);
      return reading({ what: 'the deliveries of the webhook', right: WEBHOOKS, as }, request);
    },
    clockAheadMs: () => github.clock.aheadMs,
    limit: () => github.clock.limit ?? null,
    token: github.token,
  };
}

/** The repository's name and the address of the REST API, from the URL that it is fetched from. */
export function placeOf(
  kind: ForgeOptions['kind'],
  repositoryUrl: string,
): { readonly repository: string; readonly api: string } {
  const url = new URL(repositoryUrl);
  const parts = url.pathname
    .replace(/\.git\/*$/, '')
    .split('/')
    .filter((part) => part !== '');
  // Groups may be nested.
  if (kind === 'gitlab') return { repository: parts.join('/'), api: url.origin };
  const above = parts
    .slice(0, -2)
    .map((part) => `/${part}`)
    .join('');
  const repository = parts.slice(-2).join('/');
  if (kind === 'gitea') return { repository, api: url.origin + above };
  return { repository, api: githubApi(url) };
}

/** GitHub's API has a separate host, also where an enterprise has a name of its own below ghe.com; that of an Enterprise Server is a path. */
function githubApi({ hostname, origin }: URL): string {
  if (hostname === 'github.com' || hostname === 'www.github.com') return GITHUB;
  return /^[a-z\d-]+\.ghe\.com$/.test(hostname) ? `https://api.${hostname}` : `${origin}/api/v3`;
}
