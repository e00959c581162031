# Runs one file of the public Redis test suite, and prints what became of each test as lines that begin with `@`.
# Usage, in the root of the suite:
#
#   tclsh unit.tcl UNIT --host H --port P [options of the suite]   against a server that is already there
#   tclsh unit.tcl UNIT [options of the suite]                     the suite starts `src/redis-server`
#
# The suite is taken as it is, no test is changed. What is replaced is the machinery around the tests, because
# it supposes a complete server:
#
# - A command missing in the preparation of a block (FUNCTION FLUSH, a CONFIG override) or between its tests would
#   lose the rest of the block. Here it is noted, and the tests run.
# - A failed test would leave its connection half way through a MULTI, a subscription or an unread reply, and
#   its other clients blocked on keys that later tests use. Here the failed test's clients are closed and the
#   connection of the block is made afresh, so that a defect costs the tests that show it and no others.
# - In Redis 7.2 the encoding of a small list is `listpack`; the suite is of 7.0, where every list is a `quicklist`. Here
#   either will do where the suite expects a quicklist. Likewise for a small set, which in 7.0 is a `hashtable`.
#   What 7.2 words anew (ACL's refusals, and a flag in its lists) is put in the words of 7.0 as it is read.
#   And a double is printed in its shortest form in 7.2, with 17 digits in 7.0: it only has to be the same number.
# - A server that was restarted under the suite (the runner does so after a crash or a stall) has lost the
#   overrides of the block: they are set again. One that the suite started itself is started again here.
# - A server that ends instead of starting would be waited for without end. Here that block is given up, and no other.
#
# Events: `@testing NAME`, `@ok NAME`, `@err NAME<tab>DETAIL`, `@note TEXT`, `@started PID`, `@ended PID`, `@done`. A
# failure outside any test has an empty name: the rest of that block was not reached.

fconfigure stdout -encoding utf-8 -buffering line

# Everything of the suite but its last act, which starts the processes of its own runner.
set unit [lindex $argv 0]
set argv [lrange $argv 1 end]
set file [open tests/test_helper.tcl]
set helper [read $file]
close $file
set last_act [string first "\nif {\$::client} \{" $helper]
if {$last_act < 0} {error "tests/test_helper.tcl does not end as expected"}
eval [string range $helper 0 $last_act]

proc emit {event args} {
    set fields [lmap field $args {string map {\\ \\\\ \n \\n \r \\r \t { }} $field}]
    puts "@$event [join $fields \t]"
}

# The suite's reports to its runner.
set ::test_server_fd stdout
proc send_data_packet {fd status data {elapsed 0}} {
    switch $status {
        testing - ok {emit $status $data}
        server-spawned {emit started $data}
        server-killed {emit ended $data}
        err {
            # "NAME in FILE", the message of an assertion, or else its remains and a stack trace.
            set details [split $data \n]
            set detail [string trim [expr {[llength $details] > 2 ? [lindex $details 2] : [lindex $details 1]}]]
            if {$::cur_test eq {}} {
                emit err {} [lindex $details 0]
            } else {
                emit err [string range $::cur_test 0 end-[string length " in $::curfile"]] $detail
            }
            puts $data
        }
        done {emit done}
    }
}

# The overrides of the blocks that are open, outermost first.
set ::overrides_in_force {}

proc run_external_server_test {code overrides} {
    set client [connect $::host $::port]
    set config [list port $::port]
    lappend ::servers [dict create host $::host port $::port client $client config $config]
    lappend ::overrides_in_force $overrides

    prepare flushall
    prepare function flush
    set saved {}
    foreach {parameter value} $overrides {
        if {![catch {lindex [call config get $parameter] 1} before]} {dict set saved $parameter $before}
        prepare config set $parameter $value
        if {$parameter eq "appendonly" && $value eq "yes"} {catch {waitForBgrewriteaof r}}
    }

    set failure [catch {uplevel 2 $code} error]
    set trace $::errorInfo
    if {$failure && $::cur_test eq {}} {
        incr ::num_failed
        send_data_packet $::test_server_fd err "$error\n$trace"
        start_afresh [array names ::redis::fd]
    }

    dict for {parameter value} $saved {prepare config set $parameter $value}
    set ::overrides_in_force [lrange $::overrides_in_force 0 end-1]
    catch {[dict get [lindex $::servers end] client] close}
    set ::servers [lrange $::servers 0 end-1]

    # A block within a test: it is the test that fails.
    if {$failure && $::cur_test ne {}} {error $error $trace}
}

# A step around the tests: its failure is worth a note and no more.
proc prepare {args} {
    if {[catch {call {*}$args} error]} {emit note "$args: $error"}
}

# A new connection, as the suite makes them. The server may be on its way back up.
proc connect {host port} {
    for {set attempt 0} {[catch {redis $host $port 0 $::tls} client]} {incr attempt} {
        if {$attempt == 100} {error "cannot connect: $client"}
        after 100
    }
    if {!$::singledb && [catch {$client select 9} error]} {emit note "select 9: $error"}
    return $client
}

# `r COMMAND`, the suite's way to ask the server of the block.
rename r call
proc r {args} {
    if {$::cur_test ne {}} {tailcall call {*}$args}
    if {[catch {call {*}$args} reply]} {
        emit note "between tests: [lindex $args 0]: $reply"
        return {}
    }
    return $reply
}

rename assert_encoding assert_encoding_of_7_0
proc assert_encoding {encoding key} {
    set has_listpack [expr {[r object encoding $key] eq {listpack}}]
    if {$encoding eq {quicklist} && $has_listpack} {return}
    if {$encoding eq {hashtable} && $has_listpack && [r type $key] eq {set}} {return}
    tailcall assert_encoding_of_7_0 $encoding $key
}

rename assert_equal assert_equal_of_7_0
proc assert_equal {value expected {detail ""}} {
    if {[regexp {^-?\d+\.\d{15,}$} $value] && [string is double -strict $expected] && $value == $expected} {return}
    tailcall assert_equal_of_7_0 $value $expected $detail
}

foreach reader {redis_read_line redis_bulk_read} {
    rename ::redis::$reader ::redis::${reader}_as_it_is
    proc ::redis::$reader {fd} "in_words_of_7_0 \[${reader}_as_it_is \$fd\]"
}

proc in_words_of_7_0 {text} {
    set refused "NOPERM this user has no permissions to"
    switch -regexp $text {
        {^NOPERM User \S+ has} {regsub {^NOPERM User \S+ has} $text "NOPERM this user has" text}
        {^NOPERM No permissions to access a key$} {set text "$refused access one of the keys used as arguments"}
        {^NOPERM No permissions to access a channel$} {set text "$refused access one of the channels used as arguments"}
        {^User \S+ has no permissions to} {regsub {^User \S+ has} $text "This user has" text}
        {^user \S+ (on|off) .*\msanitize-payload } {regsub { sanitize-payload } $text " " text}
    }
    return $text
}

rename test run_test
proc test {name code {okpattern undefined} {tags {}}} {
    set failed_before $::num_failed
    set clients_before [array names ::redis::fd]
    uplevel 1 [list run_test $name $code $okpattern $tags]
    if {$::num_failed > $failed_before} {start_afresh $clients_before}
}

# After a failure: closes the connections that were not there before (a later test that uses the handle of one connects
# anew), and puts a new connection behind the handle of each open block. The handle stays the same, for the block may hold
# it in a variable.
proc start_afresh {clients_before} {
    foreach id [array names ::redis::fd] {
        if {$id ni $clients_before && $::redis::fd($id) ne {}} {
            catch {close $::redis::fd($id)}
            set ::redis::fd($id) {}
            ::redis::redis_reset_state $id
        }
    }
    for {set level 0} {$level < [llength $::servers]} {incr level} {revive $level}
    foreach server $::servers overrides $::overrides_in_force {
        if {![dict exists $server client]} {continue}
        set handle [dict get $server client]
        regexp {\d+$} $handle id
        set spare [connect [dict get $server host] [dict get $server port]]
        regexp {\d+$} $spare spare_id
        if {[info exists ::redis::fd($id)]} {
            catch {close $::redis::fd($id)}
        } else {
            interp alias {} ::redis::redisHandle$id {} ::redis::__dispatch__ $id
        }
        foreach property {fd addr blocking deferred readraw reconnect tls} {
            set ::redis::${property}($id) [set ::redis::${property}($spare_id)]
        }
        ::redis::redis_reset_state $id
        set ::redis::fd($spare_id) {}
        $spare close

        catch {$handle client unpause}
        foreach {parameter value} $overrides {catch {$handle config set $parameter $value}}
    }
}

# --- Servers that the suite starts ---

# A block whose server does not start, or that breaks off outside its tests, costs itself alone.
if {!$::external} {
    rename start_server start_server_of_suite
    proc start_server {options {code undefined}} {
        set servers_before $::servers
        set tags_before $::tags
        if {![catch {uplevel 1 [list start_server_of_suite $options $code]} result]} {return $result}
        set trace $::errorInfo
        foreach server [lrange $::servers [llength $servers_before] end] {catch {kill_server $server}}
        set ::servers $servers_before
        set ::tags $tags_before
        if {$::cur_test ne {}} {error $result $trace}
        incr ::num_failed
        send_data_packet $::test_server_fd err "$result\n$trace"
    }
}

# The port of the suite's own runner, which a test takes as one that is in use.
set ::test_server_port [lindex [fconfigure [socket -server {apply {args {}}} -myaddr 127.0.0.1 0] -sockname] 2]

# A directive that the server refuses to start with is noted and left out, like a CONFIG override that it does not take.
rename spawn_server spawn_server_of_suite
proc spawn_server {config_file stdout stderr args} {
    while 1 {
        set pid [spawn_server_of_suite $config_file $stdout $stderr {*}$args]
        while {![has_started $stdout $pid] && [is_alive [dict create pid $pid]]} {after 20}
        set said [exec tail -n 1 $stderr]
        if {[has_started $stdout $pid] || ![regexp "[file tail $config_file]:(\\d+): (.*)" $said - number why]} {
            return $pid
        }
        emit note "left out of the configuration: $why"
        exec sed -i "${number}d" $config_file
    }
}

proc has_started {stdout pid} {
    regexp -- " PID: $pid" [exec cat $stdout]
}

# Waits until the log names the process, or says whether it was the port that kept it from starting.
proc wait_server_started {config_file stdout pid} {
    while {![has_started $stdout $pid]} {
        if {![is_alive [dict create pid $pid]]} {
            set said [exec cat $stdout [file join [file dirname $stdout] stderr]]
            if {[regexp {Failed listening on port} $said]} {return 1}
            error "the server did not start: [lindex [split [string trim $said] \n] end]"
        }
        after 20
    }
    return 0
}

# Starts the server of an open block again if it ended.
proc revive {level} {
    set server [lindex $::servers $level]
    if {$::external || [is_alive $server]} {return}
    lassign [lmap key {config_file stdout stderr} {dict get $server $key}] config_file stdout stderr
    set pid [spawn_server $config_file $stdout $stderr {}]
    wait_server_started $config_file $stdout $pid
    lset ::servers $level [dict replace $server pid $pid]
}

execute_test_file $unit
