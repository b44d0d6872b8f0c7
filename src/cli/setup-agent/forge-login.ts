// The agent's login at its forge: a token from a person, a token that Gitea creates for their password, or a GitHub App. Asking is separate from
// creating, so that nothing is created for invalid settings.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { makeGiteaToken } from '../../io/forge/doctor/make-gitea-token.ts';
import { placeOf } from '../../io/forge/forge.ts';
import type { CreatedApp } from '../../io/forge/github/manifest.ts';
import { AGREED } from '../../messages/command.ts';
import { ASKED, SETUP, whereTokensAreMade } from '../../messages/setup/setup-agent.ts';
import type { Environment } from '../../settings.ts';
import { connectionFault } from '../connection-fault.ts';
import { registerApp, settingsForApp } from '../doctor/create-app.ts';
import type { Io } from '../io.ts';
import { Missing } from '../missing.ts';

export interface LoginArgs {
  /** A file with the token, which is copied. */
  readonly forgeTokenFile?: string | undefined;
  /** For Gitea: the user whose password creates the token, and a file with the password. */
  readonly forgeUser?: string | undefined;
  readonly forgePasswordFile?: string | undefined;
  /** Of GitHub: make an App, for oneself or for this organisation. */
  readonly createApp?: boolean | undefined;
  readonly organization?: string | undefined;
}

export type LoginAnswer =
  | { readonly as: 'kept' }
  | { readonly as: 'token'; readonly token: string }
  | { readonly as: 'password'; readonly user: string; readonly password: string }
  | { readonly as: 'app'; readonly organization: string | undefined };

interface At {
  readonly forge: string;
  readonly repoUrl: string;
  readonly publicUrl: string;
  /** A login is configured already, and is kept unless another is requested. */
  readonly isSet: boolean;
}

/** @param answer asks a person; records the option as missing when nobody can be asked */
export async function loginAnswer(
  args: LoginArgs,
  { forge, repoUrl, publicUrl, isSet }: At,
  answer: (question: string, option: string, hidden?: boolean) => Promise<string>,
  io: Io,
): Promise<LoginAnswer> {
  if (forge === 'none') return { as: 'kept' };
  if (args.forgeTokenFile !== undefined) return { as: 'token', token: await secretIn(args.forgeTokenFile) };
  if (args.createApp === true) return { as: 'app', organization: args.organization };
  const byPassword = async (user: string): Promise<LoginAnswer> => {
    const { forgePasswordFile: file } = args;
    const password =
      file === undefined ? await answer(ASKED.password, '--forge-password-file', true) : await secretIn(file);
    return { as: 'password', user, password };
  };
  if (args.forgeUser !== undefined) return byPassword(args.forgeUser);
  if (isSet) return { as: 'kept' };
  // GitHub's App is created with the address that it sends webhooks to.
  if (forge === 'github' && publicUrl !== '' && AGREED.test((await io.ask?.(ASKED.app))?.trim() ?? ''))
    return { as: 'app', organization: undefined };
  if (io.ask !== undefined) io.stdout(whereTokensAreMade(forge, repoUrl));
  const user = forge === 'gitea' ? ((await io.ask?.(ASKED.user))?.trim() ?? '') : '';
  if (user !== '') return byPassword(user);
  return { as: 'token', token: await answer(ASKED.token, '--forge-token-file', true) };
}

export type LoginMade =
  | { readonly as: 'kept' }
  | { readonly as: 'token'; readonly token: string }
  | { readonly as: 'app'; readonly app: CreatedApp }
  | { readonly as: 'refused'; readonly why: string };

/**
 * Creates the login at the forge, if it does not exist yet.
 *
 * @param environment the settings of the agent without a login
 * @throws Missing if nobody pressed the button for the App in time
 */
export async function makeLogin(answer: LoginAnswer, environment: Environment, io: Io): Promise<LoginMade> {
  switch (answer.as) {
    case 'kept':
    case 'token':
      return answer;
    case 'password': {
      const repository = environment['PHOENIX_REPO_URL'] ?? '';
      const api = environment['PHOENIX_FORGE_API'] ?? placeOf('gitea', repository).api;
      // Names of tokens are used once, whatever became of an earlier one.
      const name = `phoenix on ${hostname()} ${randomBytes(3).toString('hex')}`;
      const made = await makeGiteaToken(api, answer, name).catch((cause: unknown) => {
        throw new Missing(SETUP.forgeAway(api, connectionFault(cause)), SETUP.forgeAwayRemedy);
      });
      if ('refused' in made) return { as: 'refused', why: SETUP.noToken(made.refused) };
      io.stdout(SETUP.tokenMade(name));
      return { as: 'token', token: made.token };
    }
    case 'app': {
      const app = await registerApp(settingsForApp(environment), answer.organization, io);
      io.stdout(SETUP.appMade(app));
      await io.ask?.(ASKED.installed);
      return { as: 'app', app };
    }
    default:
      return answer satisfies never;
  }
}

async function secretIn(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trim();
}
