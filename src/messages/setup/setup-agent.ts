// What `phoenix setup-agent` asks and says. Pure.

import { printable } from '../printable.ts';

export const ASKED = {
  repoUrl: 'Address of the config repo, https://…: ',
  forge: 'Which forge is that: github, gitea (Forgejo too), gitlab or none? ',
  token: 'Token of the forge, which is not shown: ',
  user: 'Your name there, or nothing to give a token: ',
  password: 'Your password there, which is not shown and not kept: ',
  app: 'Make a GitHub App for the agent, by one press in a browser, in place of a token? [y/N] ',
  installed: 'Enter once it is installed: ',
  publicUrl: 'Address at which the forge reaches this agent, https://… [none]: ',
} as const;

export const SETUP = {
  whyAddress: 'By a webhook the forge tells of each push; without one it is asked every minute.\n',
  forgeAway: (api: string, why: string) =>
    `no token was made: the forge at ${printable(api)} does not answer: ${printable(why)}`,
  forgeAwayRemedy: 'nothing was written; see to its address, or name it by --forge-api',
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
  tokenMade: (name: string) => `Made the token ${JSON.stringify(printable(name))} at the forge.\n`,
  noToken: (why: string) =>
    `the forge makes no token for this name and password (${printable(why)}); nothing was written. Who has a second factor makes one by hand, for --forge-token-file`,
  appMade: ({ name, page }: { readonly name: string; readonly page: string }) =>
    `The GitHub App ${printable(name)} is made. Install it on the repository:\n  ${printable(page)}/installations/new\n`,
  app: 'A GitHub App has its own webhook, which it was made with.\n',
  checking: '\nWhat the agent needs, by phoenix doctor:\n',
  start: '\nAll is ready: systemctl enable --now phoenix\n',
  again: '\nPut that right, and call phoenix setup-agent again: what was answered is kept.\n',
} as const;

/** Said before the token is asked for: where a person makes one. */
export function whereTokensAreMade(forge: string, repoUrl: string): string {
  const { origin = '', pathname = '' } = URL.parse(repoUrl) ?? {};
  const at = (path: string) => printable(`${origin}${path}`);
  switch (forge) {
    case 'github':
      return (
        `Make a fine-grained token for the repository at ${at('/settings/personal-access-tokens/new')}\n` +
        '  with Contents: read, Commit statuses: write, Pull requests: write, and Webhooks: write to have the webhook made.\n' +
        '  Or a GitHub App, which one press makes: phoenix setup-agent --create-app, with --public-url.\n'
      );
    case 'gitea':
      return `Make a token at ${at('/user/settings/applications')}\n  with the scopes write:repository and write:issue; or say your name, and Phoenix makes it with your password.\n`;
    case 'gitlab':
      return `Make a project access token at ${at(`${pathname.replace(/\.git$/, '')}/-/settings/access_tokens`)}\n  with the scope api and a role that may push.\n`;
    default:
      return '';
  }
}

export interface MissingAnswer {
  readonly question: string;
  /** The option that answers it, too. */
  readonly option: string;
}

/** @param from where answers came from */
export function answersMissing(missing: readonly MissingAnswer[], from: 'terminal' | 'pipe' | 'nobody'): string {
  const options = missing.map(({ option }) => option).join(', ');
  if (from === 'nobody') return `standard input is no terminal, so nobody can be asked; give as options: ${options}`;
  const why = from === 'pipe' ? 'standard input has no answer to' : 'nothing was answered to';
  const questions = missing.map(({ question, option }) => `  ${question.trim().replace(/:$/, '')} (or give ${option})`);
  return `nothing was written: ${why}\n${questions.join('\n')}`;
}
