// Settings of the notification channels.

import type { Json } from './json.ts';
import type { TroubleKind } from './notification.ts';
import type { Secret } from './secret.ts';

interface Named {
  /** Unique name. */
  readonly name: string;
  readonly events: readonly TroubleKind[];
}

/** An address that contains a password, such as that of a webhook, is a secret. */
export type ChannelSettings = Named &
  (
    | { readonly service: 'slack'; readonly url: Secret }
    | { readonly service: 'discord'; readonly url: Secret }
    /** The URL ends with the topic, which may serve as a password. */
    | { readonly service: 'ntfy'; readonly url: Secret; readonly token: Secret | null }
    | { readonly service: 'gotify'; readonly url: Secret; readonly token: Secret }
    /** `url` of the homeserver. */
    | { readonly service: 'matrix'; readonly url: Secret; readonly room: string; readonly token: Secret }
    | {
        readonly service: 'email';
        /** `smtp://host:port` with STARTTLS if offered, `smtps://host:port`. */
        readonly server: string;
        readonly username: string | null;
        readonly password: Secret | null;
        readonly from: string;
        readonly to: readonly string[];
      }
    | {
        readonly service: 'webhook';
        readonly url: Secret;
        readonly method: 'POST' | 'PUT';
        readonly headers: Readonly<Record<string, Secret>>;
        /** Texts may contain `{title}`, `{text}` and other placeholders; null: the message as JSON. */
        readonly template: Json | null;
      }
    /** The notification system of the Proxmox node. */
    | { readonly service: 'proxmox' }
  );
