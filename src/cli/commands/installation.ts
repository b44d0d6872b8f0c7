// Commands to set up and run an agent.

import type { CommandGroup } from './group.ts';

/** Commands to set up, check and run an agent. */
export function addInstallationCommands({ root, io, command, ending }: CommandGroup): void {
  root.commandsGroup('The agent:');
  command('doctor', 'check what the agent needs, one line each', 'doctor --env-file /etc/phoenix/env')
    .option('--json', 'answer with one JSON document', false)
    .option('--create-app', 'make a GitHub App for Phoenix by one press in a browser', false)
    .option('--organization <name>', 'the organisation that the App is to belong to; yourself when not given')
    .action(async ({ createApp, organization, ...options }) => {
      if (createApp) return ending((await import('../doctor/create-app.ts')).createApp({ organization }, io));
      return ending((await import('../doctor/doctor.ts')).doctor(options, io));
    });

  command(
    'setup-agent',
    'make the settings of the agent from a few answers, with its webhook, and check them',
    'setup-agent --repo-url https://git.example/you/home.git --forge-token-file token',
  )
    .option('--repo-url <url>', 'address of the config repo, https://…')
    .option('--branch <name>', 'the branch that is followed')
    .option('--forge <kind>', 'github, gitea (Forgejo too), gitlab or none')
    .option('--forge-api <url>', 'its base address where it is not the usual one')
    .option('--forge-token-file <path>', 'a file with the token of the forge, which is copied')
    .option('--forge-user <name>', 'of Gitea: make the token with the password of this person')
    .option('--forge-password-file <path>', 'a file with that password, which is not kept; asked for when not given')
    .option('--create-app', 'of GitHub: make an App by one press in a browser, in place of a token')
    .option('--organization <name>', 'the organisation that the App is to belong to; yourself when not given')
    .option('--public-url <url>', 'where the forge and people reach the agent')
    .action(async (options) => {
      const { envFile } = root.opts<{ envFile?: string }>();
      return ending((await import('../setup-agent/setup-agent.ts')).setupAgent({ envFile, ...options }, io));
    });

  command('serve', 'run the agent until SIGTERM or SIGINT', 'serve --env-file /etc/phoenix/env')
    .option('--roles <roles>', 'which parts run in this process; all when not given', list, [
      'receive',
      'reconcile',
      'apply',
      'report',
      'web',
    ])
    .option('--node <name>', 'the Proxmox node that this process works on; PHOENIX_NODE otherwise')
    .action(async (options) => ending((await import('../serve.ts')).serve(options, io)));
}

function list(text: string): string[] {
  return text.split(',').filter((word) => word !== '');
}
