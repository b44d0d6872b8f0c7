// Consistency checks across settings.

import type { Purpose, SettingProblem, Settings } from '../settings.ts';

export type Report = (severity: SettingProblem['severity'], variable: string, message: string, hint: string) => void;
type Check = (settings: Settings, purpose: Purpose, report: Report) => void;

const NEW_SECRET = 'set it to what this prints: openssl rand -hex 32';

const webhookSecret: Check = ({ webhookSecret: value }, { receiving }, report) => {
  const variable = 'PHOENIX_WEBHOOK_SECRET';
  if (value === null) {
    if (receiving) report('error', variable, `${variable} is not set, and nobody could tell a forged push`, NEW_SECRET);
  } else if (value.expose().length < 16) {
    report('warning', variable, `${variable} is shorter than 16 characters and can be guessed`, NEW_SECRET);
  }
};

const adminToken: Check = ({ adminToken: value }, _purpose, report) => {
  if (value !== null && value.expose().length < 16) {
    report(
      'warning',
      'PHOENIX_ADMIN_TOKEN',
      'PHOENIX_ADMIN_TOKEN is shorter than 16 characters and can be guessed',
      NEW_SECRET,
    );
  }
};

/** Permission names of each forge. */
const RIGHTS = {
  github: 'Contents: read, Commit statuses: write, Pull requests: write',
  gitea: 'the scopes write:repository and write:issue',
  gitlab: 'the scope api, and a role that may push to the branch or merge into it',
} as const;

const forge: Check = ({ forge: { kind, token, app } }, _purpose, report) => {
  if (app !== null && token !== null) {
    report(
      'warning',
      'PHOENIX_APP_ID',
      'both PHOENIX_FORGE_TOKEN and PHOENIX_APP_ID are set; the token is used',
      'unset one',
    );
  }
  if (kind !== 'none' && token === null && app === null) {
    report(
      'error',
      'PHOENIX_FORGE_TOKEN',
      `PHOENIX_FORGE is ${kind}, but there is no PHOENIX_FORGE_TOKEN, so no commit could be answered`,
      `set the token (${RIGHTS[kind]})${kind === 'github' ? ', or PHOENIX_APP_ID with PHOENIX_APP_KEY_FILE' : ''}, or PHOENIX_FORGE=none`,
    );
  }
};

const twoPurposes: Check = ({ webhookSecret: one, adminToken: other }, _purpose, report) => {
  if (one !== null && other !== null && one.expose() === other.expose()) {
    report(
      'error',
      'PHOENIX_ADMIN_TOKEN',
      'PHOENIX_ADMIN_TOKEN is the same as PHOENIX_WEBHOOK_SECRET, which the forge knows',
      NEW_SECRET,
    );
  }
};

const oauth: Check = ({ forge: { kind, oauth: application }, publicUrl }, _purpose, report) => {
  if (application === null) return;
  const [id, secretName] = ['PHOENIX_OAUTH_CLIENT_ID', 'PHOENIX_OAUTH_CLIENT_SECRET'];
  if (application.id === null) report('error', id, `${secretName} is set, and ${id} is not`, 'set both, or neither');
  if (application.secret === null)
    report('error', secretName, `${id} is set, and ${secretName} is not`, 'set both, or neither');
  if (kind !== 'github' && kind !== 'gitea') {
    report(
      'error',
      id,
      `${id} is set, but nobody signs in by the forge ${kind}`,
      'unset it, and sign in by PHOENIX_ADMIN_TOKEN',
    );
  }
  if (publicUrl === null) {
    report(
      'error',
      'PHOENIX_PUBLIC_URL',
      `${id} is set, but not PHOENIX_PUBLIC_URL, so the forge cannot lead people back`,
      'set it to the address that people use, and /signed-in below it as the callback of the OAuth application',
    );
  }
};

export const CHECKS: readonly Check[] = [webhookSecret, adminToken, forge, oauth, twoPurposes];
