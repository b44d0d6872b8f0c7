// Headers of a webhook delivery by GitHub.

import { createHmac } from 'node:crypto';
import type { Sent } from '../webhooks.ts';
import { REPOSITORY_ID } from './shapes.ts';

export function githubHeaders({ id, event, body, receiver }: Sent): Record<string, string> {
  return {
    'user-agent': 'GitHub-Hookshot/lab',
    'x-github-delivery': id,
    'x-github-event': event,
    'x-github-hook-id': String(receiver.id),
    'x-github-hook-installation-target-type': receiver.app === null ? 'repository' : 'integration',
    'x-github-hook-installation-target-id': String(receiver.app?.id ?? REPOSITORY_ID),
    'x-hub-signature-256': `sha256=${signature(receiver.secret, body)}`,
  };
}

export function signature(secret: string, body: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}
