import { type Item, VARIANT } from './content.ts';

type Task = Record<string, unknown>;

/** The content as an Ansible playbook, with the module that is meant for each thing; JSON, which is YAML too. */
export function playbook(items: readonly Item[]): string {
  return JSON.stringify([{ hosts: 'all', gather_facts: false, tasks: items.flatMap(tasks) }]);
}

function tasks(item: Item): Task[] {
  switch (item.kind) {
    case 'packages':
      return [{ name: 'packages', apt: { name: item.names, state: 'present' } }];
    case 'user':
      return [
        {
          name: item.name,
          user: {
            ...{ name: item.name, home: item.home, system: true, create_home: false },
            shell: '/usr/sbin/nologin',
          },
        },
      ];
    case 'directory':
      return [directory(item.path, item.mode, item.owner)];
    case 'file':
      return [
        copy(item.path, item.mode, item.owner, item.content.replace(VARIANT, '{{ variant }}')),
      ];
    case 'sysctl':
      return [
        {
          name: item.key,
          // In a container our step writes the file and leaves the kernel alone; so does this.
          'ansible.posix.sysctl': {
            ...{ name: item.key, value: item.value, reload: false },
            sysctl_file: `/etc/sysctl.d/90-bench-${item.name}.conf`,
          },
        },
      ];
    case 'limits':
      return limits(item.name, item.openFiles);
    case 'service':
      return [{ name: item.name, systemd: { name: item.name, enabled: true, state: 'started' } }];
  }
}

function limits(name: string, openFiles: number): Task[] {
  const hard = 524288;
  const entries = ['*', 'root'].map(
    (who) => `${who} soft nofile ${openFiles}\n${who} hard nofile ${hard}\n`,
  );
  const manager = `[Manager]\nDefaultLimitNOFILE=${openFiles}:${hard}\n`;
  return [
    copy(`/etc/security/limits.d/90-${name}.conf`, '644', 'root:root', entries.join('')),
    directory('/etc/systemd/system.conf.d', '755', 'root:root'),
    {
      ...copy(`/etc/systemd/system.conf.d/90-${name}.conf`, '644', 'root:root', manager),
      register: 'manager',
    },
    { name: 'reexec', systemd: { daemon_reexec: true }, when: 'manager.changed' },
  ];
}

function copy(path: string, mode: string, owner: string, content: string): Task {
  const [user, group] = owner.split(':');
  return { name: path, copy: { dest: path, content, mode: `0${mode}`, owner: user, group } };
}

function directory(path: string, mode: string, owner: string): Task {
  const [user, group] = owner.split(':');
  return { name: path, file: { path, state: 'directory', mode: `0${mode}`, owner: user, group } };
}
