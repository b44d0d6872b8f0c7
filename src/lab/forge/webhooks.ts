// Sends signed webhooks as the forges do: ten seconds for an answer, no second try by itself, and a redelivery keeps its id.
// What happens to a delivery on its way may be ordered: networks lose, repeat, delay and reorder.

import { createHmac, randomUUID } from 'node:crypto';

export interface Delivery {
  /** The same for a redelivery. */
  readonly id: string;
  /** Grows with each try. */
  readonly number: number;
  readonly event: string;
  readonly url: string;
  /** The bytes that were signed and sent. */
  readonly body: string;
  /** Status code of the answer; null when there was none. */
  readonly status: number | null;
  readonly redelivery: boolean;
  /** ISO 8601. */
  readonly at: string;
}

/** On its way: it arrives; is lost; arrives twice; or only once those after it were sent. */
export type Fate = 'arrives' | 'is lost' | 'arrives twice' | 'is held';

export interface Webhooks {
  /** Where events go from now on; several receivers get each event under ids of their own. */
  sendTo(...urls: readonly string[]): void;
  receivers(): readonly string[];
  /** What happens to each delivery from now on. */
  fate(decide: () => Fate): void;
  /** Sends what was held, the newest first. */
  release(): Promise<void>;
  /** Sends to every receiver; resolves when each has answered or failed. */
  send(event: string, payload: unknown): Promise<void>;
  /** Sends the same again. Fails for an id that was never sent. */
  redeliver(id: string): Promise<Delivery>;
  /** In the order in which they ended. */
  deliveries(): readonly Delivery[];
}

/** How a forge names an event and its delivery, and shows who it is. */
export type Headers = (sent: Pick<Delivery, 'id' | 'event' | 'body'>, secret: string) => Record<string, string>;

const ANSWER_MS = 10_000;

export function openWebhooks(secret: string, headers: Headers = githubHeaders): Webhooks {
  const deliveries: Delivery[] = [];
  const held: (() => Promise<unknown>)[] = [];
  let receivers: readonly string[] = [];
  let decide: () => Fate = () => 'arrives';
  let count = 0;

  type Sent = Pick<Delivery, 'id' | 'event' | 'url' | 'body' | 'redelivery'>;

  async function deliver(sent: Sent, arrives = true): Promise<Delivery> {
    count += 1;
    const number = count;
    const status = arrives ? await post(sent, headers(sent, secret)) : null;
    const delivery = { ...sent, number, status, at: new Date().toISOString() };
    deliveries.push(delivery);
    return delivery;
  }

  async function onItsWay(sent: Sent): Promise<void> {
    const fate = decide();
    switch (fate) {
      case 'arrives':
        await deliver(sent);
        return;
      case 'is lost':
        await deliver(sent, false);
        return;
      case 'arrives twice':
        await Promise.all([deliver(sent), deliver(sent)]);
        return;
      case 'is held':
        held.push(() => deliver(sent));
        return;
      default:
        return fate satisfies never;
    }
  }

  return {
    sendTo(...urls) {
      receivers = urls;
    },
    receivers: () => receivers,
    fate(deciding) {
      decide = deciding;
    },
    async release() {
      for (const send of held.splice(0).reverse()) await send();
    },
    async send(event, payload) {
      const body = JSON.stringify(payload);
      await Promise.all(receivers.map((url) => onItsWay({ id: randomUUID(), event, url, body, redelivery: false })));
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

export const githubHeaders: Headers = ({ id, event, body }, secret) => ({
  'user-agent': 'GitHub-Hookshot/lab',
  'x-github-delivery': id,
  'x-github-event': event,
  'x-github-hook-id': '1',
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

/** Gitea sends its own and GitHub's; its own signature is bare. */
export const giteaHeaders: Headers = (sent, secret) => ({
  ...githubHeaders(sent, secret),
  'user-agent': 'Go-http-client/1.1',
  'x-gitea-delivery': sent.id,
  'x-gitea-event': sent.event,
  'x-gitea-signature': createHmac('sha256', secret).update(sent.body).digest('hex'),
});

/** GitLab signs nothing: it shows the secret itself. */
export const gitlabHeaders: Headers = ({ id, event }, secret) => ({
  'user-agent': 'GitLab/lab',
  'x-gitlab-event': event,
  'x-gitlab-token': secret,
  'x-gitlab-event-uuid': id,
  'idempotency-key': id,
});

async function post(
  { url, body }: Pick<Delivery, 'url' | 'body'>,
  headers: Record<string, string>,
): Promise<number | null> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
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
