// What an import and a new repository say: in the terminal, and in the README that is written.

import { printable } from '../printable.ts';

export interface ShownSecret {
  readonly reference: string;
  readonly for: string;
  readonly put: string;
  readonly file: string;
  readonly path: string;
  readonly line: number;
}

interface Found {
  readonly secrets: readonly ShownSecret[];
  readonly left: readonly {
    readonly why: string;
    readonly count: number;
    readonly examples: readonly string[];
    readonly all: readonly string[];
  }[];
}

interface ImportShown extends Found {
  readonly out: string;
  readonly files: readonly string[];
  readonly targets: number;
  readonly commands: number;
}

export function importText({ out, files, targets, secrets, left, commands }: ImportShown): string {
  const parts = [
    `Wrote ${files.length} files to ${printable(out)}: ${counted(targets, 'target')}, of which nothing would change.\n`,
    ...(secrets.length === 0
      ? []
      : [`Put these in their places:\n${secrets.map((one) => pair(one.reference, placed(one))).join('')}`]),
    ...(left.length === 0
      ? []
      : [
          `Not declared; it stays as it is on the host:\n${left.map((group) => pair(shortly(group), group.why)).join('')}`,
        ]),
    `${counted(commands, 'command')} on the host, all of which only read. What to do next stands in ${printable(out)}/README.md.\n`,
  ];
  return parts.join('\n');
}

/** The README of a repository that an import wrote. */
export function nextSteps({
  host,
  node,
  secrets,
  left,
  stacks,
}: Found & {
  readonly host: string;
  readonly node: string;
  /** Names of those whose files are written. */
  readonly stacks: readonly string[];
}): string {
  const flag = `--host ${host}`;
  const needs =
    secrets.length === 0
      ? ''
      : `\n## Secrets\n\nThey are named here and lie on the node: Proxmox gives none back, so that nobody could write them down. Put each into its place, in a
file that only root may read, before Phoenix is started. What is on the host stays as it is until another is in that file.

${secrets.map((one) => `- \`${one.reference.replace(/^file:/, '')}\`: ${inline(placed(one))}\n`).join('')}`;
  const runs =
    stacks.length === 0
      ? ''
      : `\n## Stacks\n\nThe files of these are in \`stacks/\`, and Portainer goes on running them as it is: ${stacks.map(inline).join(', ')}. To have Phoenix
deploy one, name it in \`docker_stacks\` of the VM that it runs on, and say in \`portainer_role\` what that VM is to Portainer. The plan shows
what that would do.\n`;
  const stays =
    left.length === 0
      ? ''
      : `\n## Not declared\n\nThis stays as it is on the host. Nothing of it is changed, and nothing of it comes back by itself:\n\n${left
          .map(({ all, why }) =>
            all.length === 1
              ? `- ${inline(all[0] ?? '')}: ${inline(why)}\n`
              : `- ${counted(all.length, 'time')}: ${inline(why)}\n${all.map((what) => `  - ${inline(what)}\n`).join('')}`,
          )
          .join('')}`;
  return `# ${inline(node)}

What the Proxmox host ${inline(node)} is, as a repository that Phoenix can keep it by. It was written by \`phoenix import\` and describes what is
there: applied, it changes nothing but the marks by which guests say that Phoenix keeps them.

## The next three steps

1. See that it is so. Both commands only read:

   \`\`\`sh
   phoenix validate .
   phoenix plan . ${flag}
   \`\`\`

2. Put it under version control, and push it to where Phoenix is to follow it:

   \`\`\`sh
   git init --initial-branch main && git add --all && git commit --message "Describe the host as it is"
   \`\`\`

3. Start the agent (\`PHOENIX_REPO_URL\` names this repository), and hand the guests over to it. The first shows what would be done, which is to
   set the marks and nothing else; the second does it:

   \`\`\`sh
   phoenix adopt --all --dry-run
   phoenix adopt --all
   \`\`\`

From then on a change is a commit: edit a file, look at the plan on the pull request, merge. Editors complete and check the files of \`etc/\` by
the schemas beside them. The workflow in \`.github/workflows\` does the same on GitHub, once two variables of the repository say with which
Phoenix; it is of no use where the agent itself reports on pull requests.
${runs}${needs}${stays}`;
}

/** As it stands, and nothing that Markdown would read as more. */
function inline(text: string): string {
  return printable(text).replaceAll(/[\\`*_[\\]<>#|~]/g, '\\\\$&');
}

/** `Password that the server is asked with, of storage/share (etc/phoenix_datacenter_config.json:12)` */
function placed({ put, for: what, file, line }: ShownSecret): string {
  return `${put}, for ${what} (${file}:${line})`;
}

function shortly({ count, examples }: Found['left'][number]): string {
  const more = count - examples.length;
  return `${examples.join(', ')}${more === 0 ? '' : `, and ${more} more that are alike`}`;
}

function pair(what: string, why: string): string {
  return `  ${printable(what)}\n    ${printable(why)}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
