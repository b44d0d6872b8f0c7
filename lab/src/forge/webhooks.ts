// Sends webhooks as forges do: a timeout of ten seconds, no automatic retry, and redeliveries with the same id. Tests can decide the outcome of each
// delivery: lost, delayed, duplicated or reordered.

import { randomUUID } from 'node:crypto';
import type { DeliveryOutcome } from './delivery-outcomes.ts';
import type { Message } from './events.ts';

export interface Receiver {
  readonly id: number;
  readonly url: string;
  /** Signs the deliveries, or is part of them (GitLab). */
  readonly secret: string;
  /** The App that owns the webhook; null for one of the repository. */
  readonly app: { readonly id: number; readonly installation: number } | null;
  readonly events: readonly string[];
  /** The enabled event flags, for a webhook that was created by REST. */
  readonly boxes?: readonly string[];
  readonly createdAt: Date;
}

export interface Delivery {
  /** The same for a redelivery. */
  readonly id: string;
  /** Unique and increasing. */
  readonly number: number;
  readonly event: string;
  readonly url: string;
  /** The body as signed and sent. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Status code of the response; null without one. */
  readonly status: number | null;
  /** It was lost: the forge waited for a response in vain. */
  readonly dropped: boolean;
  readonly redelivery: boolean;
  readonly receiver: Receiver;
  readonly at: Date;
  /** Milliseconds until the response. */
  readonly ms: number;
}

/** A delivery before its outcome is known. */
export type Sent = Pick<Delivery, 'id' | 'event' | 'url' | 'body' | 'redelivery' | 'receiver'>;

export interface Webhooks {
  /** Sets the receivers of further events; each receiver gets an event with an id of its own. */
  sendTo(...receivers: readonly Omit<Receiver, 'id' | 'createdAt'>[]): void;
  add(receiver: Omit<Receiver, 'id' | 'createdAt'>): Receiver;
  /** Undefined for an unknown id. */
  change(id: number, to: Partial<Pick<Receiver, 'url' | 'secret' | 'events' | 'boxes'>>): Receiver | undefined;
  remove(id: number): void;
  receivers(): readonly Receiver[];
  /**
   * Sends to every receiver subscribed to the event, or to the given one regardless of its subscriptions; resolves when each has responded, failed or
   * is delayed.
   */
  send(message: Message, only?: Receiver): Promise<void>;
  /** Sends a delivery again. Fails for an unknown id. */
  redeliver(id: string): Promise<Delivery>;
  /** In order of completion. */
  deliveries(): readonly Delivery[];
  /** Decides the outcome of each further delivery; redeliveries always succeed. */
  decideDeliveries(decide: (sent: Sent) => DeliveryOutcome): void;
  /** Sends delayed deliveries one by one. */
  release(): Promise<void>;
}

/** The headers that a kind of forge adds to a delivery. */
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
