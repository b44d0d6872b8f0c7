// Channels that people are told things by, and what is still to be told them.

import type { Message, News, Trouble, TroubleKind } from '../model/notification.ts';

export interface Channel {
  /** As the settings call it. */
  readonly name: string;
  /** The service behind it, such as `slack`. */
  readonly service: string;
  /** What it is told of. */
  readonly events: ReadonlySet<TroubleKind>;
  /** Never rejects. Bounded in time. */
  send(message: Message): Promise<ChannelAnswer>;
}

/** @property why without secrets and on one line, with what to do after its last `; ` */
export type ChannelAnswer =
  | { readonly sent: true }
  | {
      readonly sent: false;
      readonly why: string;
      /** The least time before another try; null: what it says is refused, and no try helps. */
      readonly retryAfterSeconds: number | null;
    };

/** A message that is not taken is tried again within this. */
export const LONGEST_CHANNEL_WAIT_MS = 900_000;
/** News that wait for one channel: of more, the oldest are dropped, and the next message says how many. */
export const MOST_NEWS_WAITING = 200;

/** What is sent in one message: the same at every try, whatever comes after it. */
export interface Batch {
  readonly id: string;
  readonly news: readonly News[];
  /** News before these that were dropped. */
  readonly dropped: number;
  /** How often sending it has failed. */
  readonly attempts: number;
}

export interface ChannelState {
  /** News that are still to be told. */
  readonly waiting: number;
  /** Null while it takes what it is told. `since` in ISO 8601. */
  readonly failing: { readonly since: string; readonly why: string } | null;
}

/** A trouble with the channels that were told of it: they are told of its end. None: it was there before anybody was to be told. */
export interface KnownTrouble extends Trouble {
  readonly told: readonly string[];
}

/** What is known of troubles. */
export interface KnownTroubles {
  /** Kinds that were looked at before. */
  readonly kinds: ReadonlySet<string>;
  /** By `troubleKey`. */
  readonly troubles: ReadonlyMap<string, KnownTrouble>;
}

/** @property tell names of channels */
export interface Told {
  readonly trouble: Trouble;
  readonly tell: readonly string[];
}

/** What a look at everything found otherwise than it was known. */
export interface TroubleChanges {
  /** Kinds that were looked at. */
  readonly kinds: readonly TroubleKind[];
  readonly began: readonly Told[];
  readonly ended: readonly Told[];
}

export interface Notifications {
  troubles(): Promise<KnownTroubles>;
  /** Together, and each change once: one that is known already is told nobody. @param at ISO 8601 */
  noteTroubles(changes: TroubleChanges, at: string): Promise<void>;
  /**
   * The message that is due for a channel at `now`, null for none. It is nobody else's for `claimMs`; then it is due again, under the
   * same id.
   */
  claimNews(channel: string, now: number, claimMs: number): Promise<Batch | null>;
  newsSent(channel: string, batch: string): Promise<void>;
  /** @param retryAt epoch milliseconds; null gives the message up */
  newsFailed(
    channel: string,
    batch: string,
    failed: { readonly retryAt: number | null; readonly why: string },
  ): Promise<void>;
  /** When the next message to one of them is due (epoch milliseconds); null: none. */
  nextNews(channels: readonly string[]): Promise<number | null>;
  channelStates(channels: readonly string[]): Promise<ReadonlyMap<string, ChannelState>>;
}
