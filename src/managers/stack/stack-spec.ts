// Derives the spec of a stack on one VM: its compose file with labels and files, its variables, and the Portainer environment that it runs in.

import { projectName } from '../../compose/project.ts';
import type { ComposeAdditions } from '../../model/action.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Target } from '../../model/target.ts';
import { withoutBlobs } from '../../plan/secret-references.ts';
import type { Config } from '../config.ts';
import { environmentTarget, guestTarget, primaryOf } from '../dependencies.ts';
import { textDigest } from '../guest/digest.ts';
import { bindMount } from '../portainer-api/bind-mount.ts';
import { type Variable, type Volume, variablesOf, volumesFor } from '../portainer-api/docker.ts';
import { serverStackOf } from '../portainer-api/server-stack.ts';
import { type Service, serviceOf } from '../portainer-api/service.ts';
import type { VmGuest } from '../vm/declared.ts';
import type { Stack, StackEnvironment, StackFile } from './declared.ts';
import { stacksBefore } from './resources.ts';
import { stackTarget } from './target.ts';

export type StackSpec = {
  /** Null: no Portainer is declared. */
  readonly service: Service | null;
  /** Name of the environment in Portainer; null: the VM has none. */
  readonly environment: string | null;
  readonly vm: number;
  /** Name of the stack in Portainer and of the compose project. */
  readonly project: string;
  /** Blob of the compose file. */
  readonly compose: string;
  readonly additions: ComposeAdditions & JsonObject;
  readonly variables: readonly Variable[];
  readonly files: readonly PlacedFile[];
  readonly volumes: readonly Volume[];
};

/** A file of the config repo that is mounted into containers. */
type PlacedFile = {
  readonly blob: string;
  /** Path in the VM. It depends on the content, so that containers pick up a change. */
  readonly path: string;
};

/** The folder in the VM with the files of a stack. */
export function filesFolder(project: string): string {
  return `/var/lib/phoenix/stacks/${project}`;
}

/** Portainer's own stack is part of the target portainer/server. */
export function stackTargets(config: Config): Target[] {
  const service = serviceOf(config);
  const primary = primaryOf(config);
  const server = service === null || primary === null ? null : serverStackOf(config, primary);
  return config.vm.flatMap((vm) =>
    vm.stacks.flatMap(({ name, environment }) => {
      const stack = config.stacks.get(name);
      const declared = stack?.environments[environment];
      if (stack === undefined || declared === undefined) return [];
      if (vm === primary && name === server?.name) return [];
      const needed = [guestTarget(vm), environmentTarget(vm)];
      const makers = stacksBefore(config, vm, name).filter((other) => vm !== primary || other !== server?.name);
      return [
        {
          id: stackTarget(vm.id, name),
          spec: stackSpec(service, vm, stack, declared) as StackSpec & JsonObject,
          within: needed,
          needs: [...needed, ...makers.map((other) => stackTarget(vm.id, other))],
          protected: false,
        },
      ];
    }),
  );
}

function stackSpec(service: Service | null, vm: VmGuest, stack: Stack, declared: StackEnvironment): StackSpec {
  const project = projectName(stack.name);
  const { role, environmentName, agentHostname } = vm.portainer;
  const reached = role === 'primary' || (role === 'agent' && agentHostname !== null);
  return {
    service,
    environment: reached ? environmentName : null,
    vm: vm.id,
    project,
    compose: stack.compose.blob ?? '',
    additions: additionsOf(stack.compose.services, declared, project),
    variables: variablesOf(declared),
    files: declared.files.map((file) => placed(file, project)),
    volumes: volumesFor(vm, stack.compose.externalVolumes),
  };
}

function additionsOf(
  services: readonly string[],
  { traefikLabels, files }: StackEnvironment,
  project: string,
): ComposeAdditions & JsonObject {
  const volumes = files.map((file) => bindMount(placed(file, project).path, file.destination));
  return Object.fromEntries(
    [...services].sort().flatMap((service) => {
      const labels = traefikLabels[service] ?? [];
      if (labels.length === 0 && volumes.length === 0) return [];
      return [
        [
          service,
          { ...(labels.length === 0 ? {} : { labels }), ...(volumes.length === 0 ? {} : { volumes }) },
        ] as const,
      ];
    }),
  );
}

/** A file name in a repository may contain anything; in the VM it only tells people what the file is. */
function placed({ path, blob, destination }: StackFile, project: string): PlacedFile {
  const known = textDigest(`${blob}\n${destination}`).slice(0, 12);
  const name = path.slice(path.lastIndexOf('/') + 1).replaceAll(/[^A-Za-z0-9._-]/g, '_');
  return { blob: blob ?? '', path: `${filesFolder(project)}/${known}-${name}` };
}

/** A digest of everything that decides how it is deployed, except for Portainer's address and the non-secret content of a file with a secret. */
export function revisionOf({ project, compose, additions, variables, files }: StackSpec): string {
  return textDigest(JSON.stringify(withoutBlobs([project, compose, additions, variables, files] as Json)));
}
