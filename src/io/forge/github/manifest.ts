// The last step of GitHub's manifest flow: exchanges a code, once, for the created App and its key.

import { Octokit } from '@octokit/core';
import { restBase, TIMEOUT_MS, USER_AGENT } from '../options.ts';
import { openFetch } from '../redirects.ts';

export interface CreatedApp {
  readonly id: number;
  readonly name: string;
  /** The private key, PEM. */
  readonly pem: string;
  readonly webhookSecret: string;
  /** URL of its page at the forge. */
  readonly page: string;
}

/** @throws when the code is invalid or expired */
export async function redeemCode(api: string, code: string): Promise<CreatedApp> {
  const client = new Octokit({
    baseUrl: restBase({ kind: 'github', api }),
    userAgent: USER_AGENT,
    request: { fetch: openFetch(TIMEOUT_MS) },
  });
  const { data } = await client.request('POST /app-manifests/{code}/conversions', { code });
  if (!data.pem || !data.webhook_secret)
    throw new Error('GitHub gave the App no key or no webhook secret; make it again');
  return { id: data.id, name: data.name, pem: data.pem, webhookSecret: data.webhook_secret, page: data.html_url };
}
