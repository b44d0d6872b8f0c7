// Settings of an agent that a test starts beside a forge of the lab, as environment variables.

import { join } from 'node:path';
import type { LabForge } from 'phoenix-lab/forge';

export const WEBHOOK_SECRET = 'the secret of the webhook';
export const FORGE_TOKEN = 'the-token-of-the-forge';

/** @param folder gets the data of the agent; `changed` are further or other variables */
export function agentSettings(
  folder: string,
  forge: Pick<LabForge, 'repositoryUrl' | 'url'>,
  changed: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    PHOENIX_REPO_URL: forge.repositoryUrl,
    PHOENIX_FORGE: 'github',
    PHOENIX_FORGE_API: forge.url,
    PHOENIX_FORGE_TOKEN: FORGE_TOKEN,
    PHOENIX_WEBHOOK_SECRET: WEBHOOK_SECRET,
    PHOENIX_DATA_DIR: join(folder, 'data'),
    PHOENIX_HOST: 'lab',
    PHOENIX_LISTEN: '127.0.0.1:0',
    PHOENIX_POLL_SECONDS: '3600',
    ...changed,
  };
}
