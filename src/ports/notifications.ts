// Notification channels, and the messages that wait for them.

import type { Message, News, Trouble, TroubleKind } from '../model/notification.ts';

export interface Channel {
  /** Its name in the settings. */
  readonly name: string;
  /** The service behind it, such as `slack`. */
  readonly service: string;
  /** The kinds of problem that it gets. */
  readonly events: ReadonlySet<TroubleKind>;
  /** Never rejects. Bounded in time. */
  send(message: Message): Promise<ChannelAnswer>;
}

/** @property why one line without secrets, with the remedy after its last `; ` */
export type ChannelAnswer =
  | { readonly sent: true }
  | {
      readonly sent: false;
      readonly why: string;
      /** Minimum delay before a retry; null: the message is refused, and a retry is useless. */
      readonly retryAfterSeconds: number | null;
    };

/** Maximum delay before a failed message is retried. */
export const MAX_CHANNEL_WAIT_MS = 900_000;
/** Maximum number of news waiting for one channel: the oldest are dropped, and the next message says how many. */
export const MAX_NEWS_WAITING = 200;

/** The content of one message: the same at every attempt, whatever arrives later. */
export interface Batch {
  readonly id: string;
  readonly news: readonly News[];
  /** Number of earlier news that were dropped. */
  readonly dropped: number;
  /** Number of failed attempts. */
  readonly attempts: number;
}

export interface ChannelState {
  /** Number of waiting news. */
  readonly waiting: number;
  /** Null while it accepts messages. `since` in ISO 8601. */
  readonly failing: { readonly since: string; readonly why: string } | null;
}

/** A problem with the channels that were notified of it, which are also notified of its end. None: it existed before notifications were enabled. */
export interface KnownTrouble extends Trouble {
  readonly told: readonly string[];
}

/** The recorded problems. */
export interface KnownTroubles {
  /** Kinds that were checked before. */
  readonly kinds: ReadonlySet<string>;
  /** By `troubleKey`. */
  readonly troubles: ReadonlyMap<string, KnownTrouble>;
}

/** @property tell names of channels */
export interface TroubleChange {
  readonly trouble: Trouble;
  readonly tell: readonly string[];
}

/** Changes relative to the recorded problems. */
export interface TroubleChanges {
  /** Kinds that were checked. */
  readonly kinds: readonly TroubleKind[];
  readonly began: readonly TroubleChange[];
  readonly ended: readonly TroubleChange[];
}

export interface Notifications {
  troubles(): Promise<KnownTroubles>;
  /**
   * Records changes atomically, each once: a known one notifies nobody. @param at ISO 8601
   */
  noteTroubles(changes: TroubleChanges, at: string): Promise<void>;
  /**
   * Claims the message that is due for a channel at `now`, null for none. The claim lasts `claimMs`; then it is due again, under the
   * same id.
   */
  claimNews(channel: string, now: number, claimMs: number): Promise<Batch | null>;
  newsSent(channel: string, batch: string): Promise<void>;
  /** The channel is failing until it takes a message. @param retryAt epoch milliseconds; null drops the message */
  newsFailed(
    channel: string,
    batch: string,
    failed: { readonly retryAt: number | null; readonly why: string },
  ): Promise<void>;
  /** It took a message that waited nowhere, such as a test: it is not failing, and what waits for it is due at once. */
  channelWorked(channel: string): Promise<void>;
  /** When the next message of these channels is due (epoch milliseconds); null: none. */
  nextNews(channels: readonly string[]): Promise<number | null>;
  channelStates(channels: readonly string[]): Promise<ReadonlyMap<string, ChannelState>>;
}
