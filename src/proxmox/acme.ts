// Accounts and plugins of ACME (proxmox-acme; pve-manager, PVE/API2/ACMEAccount.pm and ACMEPlugin.pm). Proxmox keeps both among its private files, with
// their keys: here is how they are looked at without.

import { type Options, parseSections, withSwitches } from './section-config.ts';

const FOLDER = '/etc/pve/priv/acme';
export const ACME_PLUGINS_FILE = `${FOLDER}/plugins.cfg`;
export const ACME_ACCOUNTS_FOLDER = FOLDER;

/** For sed: everything but what the API of a DNS provider asks for. */
export const WITHOUT_DATA = '/^[[:space:]]*data[[:space:]]/d';

/** Beside an own one, Proxmox always has it. */
export const STANDALONE = 'standalone';

export const DEFAULT_DIRECTORY = 'https://acme-v02.api.letsencrypt.org/directory';

/** What an account that was given up is called, until somebody takes its file away. */
export const DEACTIVATED = /^_deactivated_/;

const COMMON = ['disable', 'nodes'];

export const ACME_PLUGIN_TYPES = {
  dns: { required: ['api'], optional: [...COMMON, 'validation-delay'], fixed: ['type'] },
  standalone: { required: [], optional: COMMON, fixed: ['type'] },
} as const;

export function parsePlugins(text: string): ReadonlyMap<string, Options> {
  return new Map(
    [...parseSections(text)].map(([id, { type, options }]) => [id, { ...withSwitches(options), type: [type] }]),
  );
}

/** As `pvesh get` shows an account, without its key. */
export interface ShownAccount {
  readonly account?: { readonly contact?: readonly string[]; readonly status?: string };
  readonly directory?: string;
  readonly location?: string;
  readonly tos?: string;
}

/** As options of the call that makes it. */
export function accountOptions({ account, directory, tos }: ShownAccount): Options {
  const contact = (account?.contact ?? []).map((address) => address.replace(/^mailto:/, ''));
  return {
    ...(contact.length === 0 ? {} : { contact: [contact.join(',')] }),
    directory: [directory ?? DEFAULT_DIRECTORY],
    ...(tos === undefined || tos === null ? {} : { tos_url: [tos] }),
  };
}
