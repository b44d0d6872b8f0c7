// The spec of the Portainer server: a stack on its VM, with Phoenix's additions so that it starts with its certificate and its administrator, and
// nobody else can become the administrator.

import { projectName } from '../../../compose/project.ts';
import type { ComposeAdditions, SecretReference } from '../../../model/action.ts';
import type { BlobId, TargetId } from '../../../model/ids.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { Target } from '../../../model/target.ts';
import { withoutBlobs } from '../../../plan/secret-references.ts';
import type { Config } from '../../config.ts';
import { certificateTarget, guestTarget, HOST, PORTAINER_SERVER, primaryOf } from '../../dependencies.ts';
import { textDigest } from '../../guest/digest.ts';
import { guestPathOf } from '../../guest/mounted-paths.ts';
import { bindMount } from '../../portainer-api/bind-mount.ts';
import { type Variable, type Volume, variablesOf, volumesFor } from '../../portainer-api/docker.ts';
import { serverStackOf } from '../../portainer-api/server-stack.ts';
import { certificateOf, type Service, serviceOf } from '../../portainer-api/service.ts';
import type { VmGuest } from '../../vm/declared.ts';

export type ServerSpec = {
  readonly service: Service;
  readonly admin: { readonly user: string; readonly password: SecretReference | null };
  /** Null: no stack of its VM contains a server, so somebody else starts it. */
  readonly stack: ServerStack | null;
};

export type ServerStack = {
  /** Name of the compose project. */
  readonly project: string;
  readonly compose: BlobId;
  readonly additions: ComposeAdditions & JsonObject;
  readonly variables: readonly Variable[];
  readonly volumes: readonly Volume[];
  /** The secret for signing requests to agents, and the service of the server. */
  readonly agents?: { readonly secret: SecretReference; readonly service: string };
};

/** Paths in the VM. */
export const PLACES = {
  folder: '/var/lib/phoenix/portainer',
  compose: '/var/lib/phoenix/portainer/compose.yml',
  variables: '/var/lib/phoenix/portainer/variables.env',
  /** A second compose file, and below the environment file that it passes to the server. */
  agents: '/var/lib/phoenix/portainer/agents.yml',
  agentSecret: '/var/lib/phoenix/portainer/agents.env',
  password: '/var/lib/phoenix/portainer/admin-password',
  revision: '/var/lib/phoenix/portainer/revision',
} as const;

/** The owner label on each container. */
export const OWNER_LABEL = `phoenix.target=${PORTAINER_SERVER}`;
/** Name of the user that `--admin-password-file` creates. */
const BUILT_IN_USER = 'admin';
const PASSWORD_INSIDE = '/run/phoenix/admin-password';
const CERTIFICATES_INSIDE = '/run/phoenix/certificates';

export function serverTarget(config: Config): Target[] {
  const vm = primaryOf(config);
  const service = serviceOf(config);
  const portainer = config.hypervisor.portainer;
  if (vm === null || service === null || portainer === null) return [];
  const { adminUser: user, adminPassword } = portainer;
  const password = adminPassword !== null && '$secret' in adminPassword ? adminPassword : null;
  const spec: ServerSpec = { service, admin: { user, password }, stack: stackOf(config, vm, user) };
  const certificate = certificateOf(config, vm);
  const trusted: TargetId[] = certificate === undefined ? [] : [certificateTarget(certificate), HOST.trust];
  return [
    {
      id: PORTAINER_SERVER,
      spec: spec as ServerSpec & JsonObject,
      within: [guestTarget(vm)],
      needs: [guestTarget(vm), ...trusted],
      protected: false,
    },
  ];
}

/** A digest of everything that decides how it is started. */
export function revisionOf({ stack, admin }: Pick<ServerSpec, 'stack' | 'admin'>): string {
  return textDigest(JSON.stringify(withoutBlobs([stack, admin] as Json)));
}

function stackOf(config: Config, vm: VmGuest, user: string): ServerStack | null {
  const found = serverStackOf(config, vm);
  const use = vm.stacks.find(({ name }) => name === found?.name);
  const stack = config.stacks.get(use?.name ?? '');
  const environment = stack?.environments[use?.environment ?? ''];
  if (found === null || stack === undefined || stack.compose.blob === null) return null;
  const secret = config.hypervisor.portainer?.agentSecret ?? null;
  return {
    project: projectName(found.name),
    compose: stack.compose.blob,
    additions: additionsOf(stack.compose.services, found.service, {
      labels: environment?.traefikLabels ?? {},
      certificate: certificateInside(config, vm),
      makesAdmin: user === BUILT_IN_USER,
    }),
    variables: variablesOf(environment ?? { variables: [] }),
    volumes: volumesFor(vm, stack.compose.externalVolumes),
    ...(secret === null ? {} : { agents: { secret, service: found.service } }),
  };
}

/** The certificate's two files in the VM. */
interface Pair {
  readonly chain: string;
  readonly key: string;
}

function certificateInside(config: Config, vm: VmGuest): Pair | null {
  const certificate = certificateOf(config, vm);
  if (certificate === undefined) return null;
  const [chain, key] = [guestPathOf(vm, certificate.certPath), guestPathOf(vm, certificate.keyPath)];
  return chain === null || key === null ? null : { chain, key };
}

interface Extra {
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly certificate: Pair | null;
  readonly makesAdmin: boolean;
}

function additionsOf(
  services: readonly string[],
  server: string,
  { labels, certificate, makesAdmin }: Extra,
): ComposeAdditions & JsonObject {
  const tls = certificate === null ? { command: [], volumes: [] } : tlsOf(certificate);
  const command = [...tls.command, ...(makesAdmin ? ['--admin-password-file', PASSWORD_INSIDE] : [])];
  const volumes = [...tls.volumes, ...(makesAdmin ? [bindMount(PLACES.password, PASSWORD_INSIDE)] : [])];
  return Object.fromEntries(
    [...services].sort().map((name) => [
      name,
      {
        labels: [OWNER_LABEL, ...(labels[name] ?? [])],
        ...(name === server ? { command, volumes } : {}),
      },
    ]),
  );
}

/** Mounts folders rather than files, since a renewed certificate is a new file. */
function tlsOf({ chain, key }: Pair): { readonly command: string[]; readonly volumes: string[] } {
  const folders = [...new Set([folderOf(chain), folderOf(key)])];
  const inside = (path: string): string =>
    `${CERTIFICATES_INSIDE}/${folders.indexOf(folderOf(path))}/${path.slice(path.lastIndexOf('/') + 1)}`;
  return {
    command: ['--sslcert', inside(chain), '--sslkey', inside(key)],
    volumes: folders.map((folder, index) => bindMount(folder, `${CERTIFICATES_INSIDE}/${index}`)),
  };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
