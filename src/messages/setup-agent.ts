// What `phoenix setup-agent` asks and says. Pure.

import { printable } from './printable.ts';

export const ASKED = {
  repoUrl: 'Address of the config repo, https://…: ',
  forge: 'Which forge is that: github, gitea (Forgejo too), gitlab or none? ',
  token: 'Token of the forge, which is not shown: ',
  publicUrl:
    'Address at which the forge reaches this agent, https://…, for a webhook [none: the forge is asked every minute]: ',
} as const;

export const SETUP = {
  wrote: (path: string) => `Wrote ${printable(path)}.\n`,
  kept: (path: string) => `${printable(path)} says all of it already.\n`,
  hook: (done: 'made' | 'changed', url: string) =>
    done === 'made'
      ? `The forge sends webhooks to ${printable(url)} now.\n`
      : `The webhook to ${printable(url)} has the secret and the events that Phoenix needs.\n`,
  noHook: (why: string, url: string, secretFile: string, events: string) =>
    `The forge does not let this login make a webhook (${printable(why)}).\n` +
    `  Make one by hand: the address ${printable(url)}, content type application/json, the secret in ${printable(secretFile)}, and ${events}.\n`,
  noAddress: 'No webhook: without an address (PHOENIX_PUBLIC_URL) the forge is asked for new commits by itself.\n',
  app: 'A GitHub App has its own webhook, which it was made with.\n',
  checking: '\nWhat the agent needs, by phoenix doctor:\n',
  start: '\nAll is ready: systemctl enable --now phoenix\n',
  again: '\nPut that right, and call phoenix setup-agent again: what was answered is kept.\n',
} as const;

/** Said before the token is asked for: no forge lets a program make one without a person's password, so they make it on this page. */
export function whereTokensAreMade(forge: string, repoUrl: string): string {
  const { origin = '', pathname = '' } = URL.parse(repoUrl) ?? {};
  const at = (path: string) => printable(`${origin}${path}`);
  switch (forge) {
    case 'github':
      return (
        `Make a fine-grained token for the repository at ${at('/settings/personal-access-tokens/new')}\n` +
        '  with Contents: read, Commit statuses: write, Pull requests: write, and Webhooks: write to have the webhook made.\n' +
        '  Or as a GitHub App, which one press makes: phoenix doctor --create-app says how.\n'
      );
    case 'gitea':
      return `Make a token at ${at('/user/settings/applications')}\n  with the scopes write:repository and write:issue.\n`;
    case 'gitlab':
      return `Make a project access token at ${at(`${pathname.replace(/\.git$/, '')}/-/settings/access_tokens`)}\n  with the scope api and a role that may push.\n`;
    default:
      return '';
  }
}

/** @param missing names of options */
export function answersMissing(missing: readonly string[]): string {
  return `nobody can be asked here, so it must be said: ${missing.join(', ')}`;
}
