// Statuses to the lab forge, by its REST interface.

import type { Forge, SendResult } from '../../src/ports.ts';

export function forgeClient(url: string, repository: string, token: string): Forge {
  return {
    async setStatus({ commit, context, state, description, url: target_url }): Promise<SendResult> {
      try {
        const answer = await fetch(`${url}/repos/${repository}/statuses/${commit}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ context, state, description, target_url }),
          signal: AbortSignal.timeout(10_000),
        });
        if (answer.ok) return { sent: true };
        const after = answer.headers.get('retry-after');
        const again = after !== null || answer.status >= 500;
        return { sent: false, retryAfterSeconds: again ? Number(after ?? 1) : null, reason: await answer.text() };
      } catch (error) {
        return { sent: false, retryAfterSeconds: 0.1, reason: String(error) };
      }
    },
  };
}
