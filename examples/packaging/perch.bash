# bash completion for perch, perch-listen and perch-tls, which have one table of options:
# what they say about themselves is read each time, so that it is never old.
# shellcheck shell=bash

# Sets COMPREPLY to what compgen makes of ARG... for the word $cur.
_perch_offer() { # ARG...
  mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}

# The value column of --help, "SECONDS" or "common|json", for an option.
_perch_value_of() { # COMMAND OPTION
  local line
  while read -r line; do
    [[ $line == "$2 "* ]] || continue
    line=${line#"$2 "}
    # One blank stands before a value, more before what is said about it.
    printf '%s' "${line%% *}"
    return
  done < <("$1" --help 2>/dev/null)
}

_perch_value() { # COMMAND OPTION
  local value
  value=$(_perch_value_of "$1" "$2")
  case $2:$value in
  *:*\|*) _perch_offer -W "${value//|/ }" ;;
  --proxy-protocol:*) _perch_offer -W 'optional required' ;;
  --user:*) _perch_offer -u ;;
  *:DIRECTORY) _perch_names -d ;;
  *:FILE | *:PROGRAM) _perch_names -f ;;
  esac
}

# Names of files: quoted where they must be, and a slash behind a directory.
_perch_names() { # -d | -f
  compopt -o filenames 2>/dev/null || :
  _perch_offer "$1"
}

_perch_options() { # COMMAND
  local line
  while read -r line; do
    [[ $line == --* ]] || continue
    line=${line%% *}
    printf '%s\n' "${line%%[*}"
    [[ $line != *'[='* ]] || printf '%s\n' "${line//[\[\]]/}"
  done < <("$1" --help 2>/dev/null)
}

_perch() {
  local command=$1 cur=${COMP_WORDS[COMP_CWORD]} word previous='' operands=0 i
  COMPREPLY=()
  # bash makes three words of --name=value.
  [ "$cur" != = ] || cur=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [ "$word" = = ]; then
      previous=$previous=
    elif [ "$word" = -- ] && [ "${command##*/}" != perch ]; then
      if ((i + 1 == COMP_CWORD)); then
        _perch_offer -c
      else
        _perch_names -f
      fi
      return
    elif [[ $word == --* ]]; then
      previous=$word
    else
      # The value of what stands before, or an operand.
      case $previous in
      --*=) ;;
      --*) [ -n "$(_perch_value_of "$command" "$previous")" ] ||
        operands=$((operands + 1)) ;;
      *) operands=$((operands + 1)) ;;
      esac
      previous=''
    fi
  done
  [ "${COMP_WORDS[COMP_CWORD]}" != = ] || previous=${previous%=}=

  case $previous:$cur in
  --*=:*) _perch_value "$command" "${previous%=}" ;;
  *:--*) _perch_offer -W "$(_perch_options "$command")" ;;
  *)
    if [ -n "$previous" ] &&
      [ -n "$(_perch_value_of "$command" "$previous")" ]; then
      _perch_value "$command" "$previous"
    elif [ "${command##*/}" != perch ] && [ $operands = 0 ]; then
      _perch_offer -W 'systemd inetd unix: 127.0.0.1:8080 [::1]:8080 8080'
    else
      _perch_names -d
    fi
    ;;
  esac
}

complete -F _perch perch perch-listen perch-tls
