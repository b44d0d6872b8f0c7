// Derives the spec of a certificate from the whole configuration: its names, its files, who signs it and who is notified of a renewal.

import ipaddr from 'ipaddr.js';
import type { SigningWay } from '../../model/action.ts';
import type { TargetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Target } from '../../model/target.ts';
import type { Config } from '../config.ts';
import { caOf, certificateTarget, gatewayOf, guestTarget, HOST } from '../dependencies.ts';
import { ROOT_ON_NODE } from '../trusted-root.ts';
import type { Certificate, HookWork } from './declared.ts';
import { isBelow, ownerOf } from './file-owner.ts';
import { ACCOUNT } from './paths.ts';

export type CertificateSpec = {
  readonly commonName: string;
  /** DNS names in lower case and addresses in their shortest form, sorted. */
  readonly names: readonly string[];
  readonly certPath: string;
  readonly keyPath: string;
  readonly owner: Owner;
  /** Mode of the key file; never wider than 0640. */
  readonly mode: number;
  /** Null: the authority's default. */
  readonly lifetimeSeconds: number | null;
  /** Null: no declared authority can sign it. */
  readonly authority: Authority | null;
  readonly hook: Hook | null;
};

export type Owner = {
  readonly user: string;
  readonly group: string;
  /** Ids on the host; null: only the host can resolve the names. */
  readonly uid: number | null;
  readonly gid: number | null;
};

export type Authority = {
  /** `https://NAME:PORT` */
  readonly url: string;
  /** The address to connect to, whatever its name resolves to. */
  readonly address: string | null;
  /** File of the host with its root certificate. */
  readonly root: string;
  readonly by: SigningWay;
};

export type Hook = { readonly guest: number; readonly guestKind: 'lxc' | 'vm' } & HookWork;

/**
 * Paths that the feature `step_ca` creates: the provisioner's password inside, and the published root certificate; below, the name of the ACME
 * provisioner.
 */
const PASSWORD = '/etc/step-ca/provisioner-password';
const PUBLISHED = '/etc/step-ca/ssl/root_ca.crt';
const ACME_DIRECTORY = '/acme/acme/directory';
/** The folder that the gateway serves on port 80 for ACME challenges. */
const CHALLENGES = '/var/www/acme/.well-known/acme-challenge';
const WIDEST = 0o640;

export function certificateTargets(config: Config): Target[] {
  return config.certificates.map((certificate) => ({
    id: certificateTarget(certificate),
    spec: certificateSpec(certificate, config),
    needs: needsOf(certificate, config),
    // A new authority has a new root.
    within: [caOf(config)].flatMap((ca) => (ca === null ? [] : [guestTarget(ca)])),
    protected: false,
  }));
}

function certificateSpec(certificate: Certificate, config: Config): CertificateSpec & JsonObject {
  const { commonName, sans, certPath, keyPath, owner, group, mode, lifetimeSeconds } = certificate;
  return {
    commonName,
    names: namesOf(sans),
    certPath,
    keyPath,
    owner: { user: owner, group, ...ownerOf(config, certificate) },
    mode: mode & WIDEST,
    lifetimeSeconds,
    authority: authorityOf(certificate, config),
    hook: hookOf(certificate, config),
  };
}

/** Canonical form of a list of names. */
export function namesOf(names: readonly string[]): string[] {
  return [...new Set(names.map(canonicalName))].sort();
}

function canonicalName(name: string): string {
  return ipaddr.isValid(name) && /[:.]/.test(name) ? ipaddr.parse(name).toString() : name.toLowerCase();
}

function hookOf({ hook }: Certificate, config: Config): Hook | null {
  if (hook === null) return null;
  const { writtenAt: _, guestKind, ...work } = hook;
  return { ...work, guestKind: guestKind ?? config.guests.get(hook.guest)?.kind ?? 'lxc' };
}

function authorityOf(certificate: Certificate, config: Config): Authority | null {
  const ca = caOf(config);
  const by = ca === null ? null : wayOf(certificate, ca.id, config);
  if (ca === null || by === null) return null;
  const address = ca.network.ip?.includes('/') ? (ca.network.ip.split('/')[0] ?? null) : null;
  const name = config.hypervisor.stepCa?.dnsName ?? address;
  if (name === null) return null;
  const port = ca.traefikService?.port ?? 9000;
  return { url: `https://${name.includes(':') ? `[${name}]` : name}:${port}`, address, root: rootOf(config), by };
}

function wayOf({ issuer }: Certificate, ca: number, config: Config): SigningWay | null {
  if (issuer === 'jwk') {
    const { stepCa, domain } = config.hypervisor;
    const provisioner = stepCa?.provisionerName ?? `admin@${domain}`;
    return { kind: 'jwk', provisioner, password: { container: ca, path: PASSWORD } };
  }
  const gateway = gatewayOf(config);
  if (gateway === null) return null;
  const challenges = { container: gateway.id, folder: CHALLENGES };
  return { kind: 'acme', directory: ACME_DIRECTORY, challenges, account: ACCOUNT };
}

/** The host's path of the authority's root certificate: in the folder to which its container publishes it. */
function rootOf(config: Config): string {
  const mount = caOf(config)?.mountPoints.find(({ containerPath }) => isBelow(PUBLISHED, containerPath));
  return mount === undefined ? ROOT_ON_NODE : `${mount.hostPath}${PUBLISHED.slice(mount.containerPath.length)}`;
}

/** The authority and the datasets that hold the files; for ACME also the gateway and the DNS names that resolve to it. */
function needsOf({ issuer }: Certificate, config: Config): TargetId[] {
  const [ca, gateway] = [caOf(config), gatewayOf(config)];
  const throughGateway = issuer === 'acme' ? [HOST.dns, ...(gateway === null ? [] : [guestTarget(gateway)])] : [];
  const published = rootOf(config) === ROOT_ON_NODE ? [HOST.trust] : [];
  return [HOST.storage, ...(ca === null ? [] : [guestTarget(ca)]), ...published, ...throughGateway];
}
