// Sends signed webhooks as GitHub does: ten seconds for an answer, no second try by itself, and a redelivery keeps its id.

import { createHmac, randomUUID } from 'node:crypto';

export interface Delivery {
  /** The same for a redelivery. */
  readonly id: string;
  readonly event: string;
  readonly url: string;
  /** The bytes that were signed and sent. */
  readonly body: string;
  /** Status code of the answer; null when there was none. */
  readonly status: number | null;
  readonly redelivery: boolean;
}

export interface Webhooks {
  /** Where events go from now on; several receivers get each event under ids of their own. */
  sendTo(...urls: readonly string[]): void;
  /** Sends to every receiver; resolves when each has answered or failed. */
  send(event: string, payload: unknown): Promise<void>;
  /** Sends the same again. Fails for an id that was never sent. */
  redeliver(id: string): Promise<Delivery>;
  /** In the order in which they ended. */
  deliveries(): readonly Delivery[];
}

const ANSWER_MS = 10_000;

export function openWebhooks(secret: string): Webhooks {
  const deliveries: Delivery[] = [];
  let receivers: readonly string[] = [];

  async function deliver(sent: Omit<Delivery, 'status'>): Promise<Delivery> {
    const delivery = { ...sent, status: await post(sent, secret) };
    deliveries.push(delivery);
    return delivery;
  }

  return {
    sendTo(...urls) {
      receivers = urls;
    },
    async send(event, payload) {
      const body = JSON.stringify(payload);
      await Promise.all(receivers.map((url) => deliver({ id: randomUUID(), event, url, body, redelivery: false })));
    },
    async redeliver(id) {
      const first = deliveries.find((delivery) => delivery.id === id);
      if (first === undefined) throw new Error(`no delivery ${id}`);
      const { event, url, body } = first;
      return deliver({ id, event, url, body, redelivery: true });
    },
    deliveries: () => deliveries,
  };
}

async function post({ id, event, url, body }: Omit<Delivery, 'status'>, secret: string): Promise<number | null> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/lab',
    'x-github-delivery': id,
    'x-github-event': event,
    'x-github-hook-id': '1',
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return null;
  }
}
