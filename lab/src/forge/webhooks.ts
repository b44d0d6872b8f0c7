// Sends webhooks as forges do: ten seconds for an answer, no second try by itself, and a redelivery keeps its id. What becomes
// of each delivery can be decided by tests: networks lose, hold up, repeat and reorder.

import { randomUUID } from 'node:crypto';
import type { DeliveryOutcome } from './delivery-outcomes.ts';
import type { Message } from './events.ts';

export interface Receiver {
  readonly id: number;
  readonly url: string;
  /** Signs what is sent, or is sent along. */
  readonly secret: string;
  /** Whose webhook it is; null for one of the repository. */
  readonly app: { readonly id: number; readonly installation: number } | null;
  readonly events: readonly string[];
  /** What is ticked on its page, of one that was made over REST. */
  readonly boxes?: readonly string[];
  readonly createdAt: Date;
}

export interface Delivery {
  /** The same for a redelivery. */
  readonly id: string;
  /** Its own, and larger than all before it. */
  readonly number: number;
  readonly event: string;
  readonly url: string;
  /** The bytes that were signed and sent. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Status code of the answer; null when there was none. */
  readonly status: number | null;
  /** It was lost on its way: the forge waited for an answer in vain. */
  readonly dropped: boolean;
  readonly redelivery: boolean;
  readonly receiver: Receiver;
  readonly at: Date;
  /** Until the answer. */
  readonly ms: number;
}

/** What is on its way, as it was made. */
export type Sent = Pick<Delivery, 'id' | 'event' | 'url' | 'body' | 'redelivery' | 'receiver'>;

export interface Webhooks {
  /** Where events go from now on; several receivers get each event under ids of their own. */
  sendTo(...receivers: readonly Omit<Receiver, 'id' | 'createdAt'>[]): void;
  add(receiver: Omit<Receiver, 'id' | 'createdAt'>): Receiver;
  /** Undefined where there is none of that id. */
  change(id: number, to: Partial<Pick<Receiver, 'url' | 'secret' | 'events' | 'boxes'>>): Receiver | undefined;
  remove(id: number): void;
  receivers(): readonly Receiver[];
  /** Sends to every receiver that listens to it, or to one alone, whatever it listens to; resolves when each has answered, has failed or is held up. */
  send(message: Message, only?: Receiver): Promise<void>;
  /** Sends the same again. Fails for an id that was never sent. */
  redeliver(id: string): Promise<Delivery>;
  /** In the order in which they ended. */
  deliveries(): readonly Delivery[];
  /** Decides about each delivery from now on; a redelivery always goes through. */
  decideDeliveries(decide: (sent: Sent) => DeliveryOutcome): void;
  /** Sends what is held up, one after another. */
  release(): Promise<void>;
}

/** What a kind of forge says of a delivery. */
export type Headers = (sent: Sent) => Record<string, string>;

const ANSWER_MS = 10_000;

export function openWebhooks(headersOf: Headers): Webhooks {
  const deliveries: Delivery[] = [];
  const held: Sent[] = [];
  const overtaken: Sent[] = [];
  let receivers: readonly Receiver[] = [];
  let decide: (sent: Sent) => DeliveryOutcome = () => 'deliver';
  let numbers = 0;
  let ids = 0;

  async function deliver(sent: Sent, dropped = false): Promise<Delivery> {
    numbers += 1;
    const number = numbers;
    const at = new Date();
    const headers = { 'content-type': 'application/json', ...headersOf(sent) };
    const status = dropped ? null : await post(sent, headers);
    const delivery = { ...sent, number, headers, status, dropped, at, ms: Date.now() - at.getTime() };
    deliveries.push(delivery);
    return delivery;
  }

  async function onItsWay(sent: Sent): Promise<void> {
    const outcome = decide(sent);
    switch (outcome) {
      case 'deliver':
        await deliver(sent);
        break;
      case 'drop':
        await deliver(sent, true);
        break;
      case 'duplicate':
        await Promise.all([deliver(sent), deliver(sent)]);
        break;
      case 'delay':
        held.push(sent);
        return;
      case 'reorder':
        overtaken.push(sent);
        return;
      default:
        outcome satisfies never;
    }
    for (const late of overtaken.splice(0)) await deliver(late);
  }

  function kept(receiver: Omit<Receiver, 'id' | 'createdAt'>): Receiver {
    ids += 1;
    return { ...receiver, id: ids, createdAt: new Date() };
  }

  return {
    sendTo(...given) {
      receivers = given.map(kept);
    },
    add(receiver) {
      const added = kept(receiver);
      receivers = [...receivers, added];
      return added;
    },
    change(id, to) {
      receivers = receivers.map((each) => (each.id === id ? { ...each, ...to } : each));
      return receivers.find((each) => each.id === id);
    },
    remove(id) {
      receivers = receivers.filter((each) => each.id !== id);
    },
    receivers: () => receivers,
    async send(message, only) {
      const listening = only === undefined ? receivers.filter((receiver) => listens(receiver, message)) : [only];
      await Promise.all(listening.map((receiver) => onItsWay(addressed(message, receiver))));
    },
    async redeliver(id) {
      const first = deliveries.find((delivery) => delivery.id === id);
      if (first === undefined) throw new Error(`no delivery ${id}`);
      const { event, url, body, receiver } = first;
      return deliver({ id, event, url, body, receiver, redelivery: true });
    },
    deliveries: () => deliveries,
    decideDeliveries(decided) {
      decide = decided;
    },
    async release() {
      for (const sent of [...held.splice(0), ...overtaken.splice(0)]) await deliver(sent);
    },
  };
}

function listens({ app, events }: Receiver, message: Message): boolean {
  return message.app === undefined ? events.includes(message.event) : message.app === app?.id;
}

function addressed({ event, payload }: Message, receiver: Receiver): Sent {
  const { url, app } = receiver;
  const told = app === null ? payload : { ...payload, installation: { id: app.installation, node_id: 'lab' } };
  return { id: randomUUID(), event, url, body: JSON.stringify(told), redelivery: false, receiver };
}

async function post({ url, body }: Sent, headers: Record<string, string>): Promise<number | null> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return null;
  }
}
