import { TABLE } from '../firewall/rules.ts';
import { ownText } from '../own-files.ts';
import { sh } from '../shell.ts';
import type { Step } from '../step.ts';
import { directory, file } from './file.ts';
import { command, packages } from './system.ts';

/** For how long rules are in force that nobody confirms. */
export const UNDONE_AFTER_SECONDS = 60;
/** A person who runs a printed script has to log in by hand. */
const UNDONE_AFTER_SECONDS_BY_HAND = 300;

const PROGRAM = '/usr/local/sbin/pocket-firewall';
const UNIT = '/etc/systemd/system/pocket-firewall.service';
const AFTER_NFTABLES = '/etc/systemd/system/nftables.service.d';
const DIRECTORY = '/etc/pocket-firewall';
const STATE = '/run/pocket-firewall';

const program = ownText('lib/firewall/pocket-firewall.bash');

/** Loaded before the network is up. */
const unit = `[Unit]
Description=Firewall of Pocket Automations
ConditionPathExists=${DIRECTORY}/rules.nft
DefaultDependencies=no
After=local-fs.target nftables.service
Wants=network-pre.target
Before=network-pre.target docker.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${PROGRAM} load
ExecReload=${PROGRAM} load
ExecStop=${PROGRAM} unload

[Install]
WantedBy=sysinit.target
`;

/** The distribution's own firewall flushes every table, ours too, whenever it is started or reloaded. */
const afterNftables = `[Service]
ExecStartPost=-${PROGRAM} load
ExecReload=-${PROGRAM} load
`;

/**
 * The firewall with these rules, loaded at boot. They come into force for a minute only, unless they are confirmed; a
 * reboot forgets what is not.
 */
export function firewallSteps(rules: string): Step[] {
  const kept = `${DIRECTORY}/rules.nft`;
  const activate = sh`systemctl daemon-reload`;
  return [
    packages(['nftables']),
    file({ path: PROGRAM, content: program, mode: '755' }),
    file({ path: UNIT, content: unit, activate }),
    directory({ path: AFTER_NFTABLES }),
    file({ path: `${AFTER_NFTABLES}/pocket-firewall.conf`, content: afterNftables, activate }),
    command({
      title: 'Load the firewall at boot',
      unless: sh`systemctl is-enabled --quiet pocket-firewall`,
      run: sh`systemctl enable pocket-firewall`,
    }),
    {
      title: 'Put the rules of the firewall in force',
      content: rules,
      // What this very script has tried is confirmed only once it has ended.
      check: sh`[[ -e $work/firewall-tried ]] || { $content | is_file ${kept} 644 root:root && pocket-firewall status; }`,
      diff: sh`diff_file ${kept} $content`,
      apply: sh`
        seconds=${UNDONE_AFTER_SECONDS}
        if [[ -z $NONCE ]]; then
          seconds=${UNDONE_AFTER_SECONDS_BY_HAND}
          note "for you: log in anew within $seconds s and type pocket-firewall confirm, or the rules are undone"
        fi
        $content | pocket-firewall try "$seconds"
        : >"$work/firewall-tried"`,
    },
  ];
}

/** No firewall of ours, whatever there was. The package nftables stays: others may use it. */
export function withoutFirewallSteps(): Step[] {
  const files = [PROGRAM, UNIT, `${AFTER_NFTABLES}/pocket-firewall.conf`, DIRECTORY, STATE];
  return [
    command({
      title: 'Take the firewall away',
      unless: sh`
        for path in ${files}; do [[ ! -e $path ]]; done
        ! nft list table ${TABLE.split(' ')}`,
      run: sh`
        systemctl disable --quiet --now pocket-firewall || :
        systemctl stop pocket-firewall-undo.timer || :
        rm -rf -- ${files}
        rmdir --ignore-fail-on-non-empty ${AFTER_NFTABLES} || :
        systemctl daemon-reload
        ! command -v nft || nft ${`add table ${TABLE}; delete table ${TABLE}`}`,
    }),
  ];
}
