// Runs Porcupine on the histories that bench/check.bench.mjs measures our own checkers on, and prints a
// line of JSON for each: the file, the verdict, and the median nanoseconds of a check.
//
//	porcupine -limit 20s -runs 5 FILE...
//
// The models are those of Porcupine's own tests: an etcd register (initially nil), a key-value store with
// append (partitioned by key), and for CSV a register or a FIFO queue by the file's name.
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

type registerInput struct {
	op   int // 0 reads, 1 writes a, 2 compares with a and sets b
	a, b int
}

type registerOutput struct {
	ok      bool // what a compare-and-set answered
	exists  bool
	value   int
	unknown bool // never answered
}

const nothing = -1000000

var register = porcupine.Model{
	Init: func() interface{} { return nothing },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		st, in, out := state.(int), input.(registerInput), output.(registerOutput)
		switch in.op {
		case 0:
			return out.unknown || (!out.exists && st == nothing) || (out.exists && st == out.value), st
		case 1:
			return true, in.a
		default:
			matches := in.a == st
			if matches {
				return out.unknown || out.ok, in.b
			}
			return out.unknown || !out.ok, st
		}
	},
}

type kvInput struct {
	op         int // 0 gets, 1 puts, 2 appends
	key, value string
}

var keyValue = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, op := range history {
			key := op.Input.(kvInput).key
			byKey[key] = append(byKey[key], op)
		}
		parts := [][]porcupine.Operation{}
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() interface{} { return "" },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		st, in := state.(string), input.(kvInput)
		switch in.op {
		case 0:
			return output.(string) == st, st
		case 1:
			return true, in.value
		default:
			return true, st + in.value
		}
	},
}

// Newer versions of Porcupine look configurations up by a hash of the state, if a model has one, and are far
// faster with many clients. Older ones have no such field.
func init() {
	field := reflect.ValueOf(&keyValue).Elem().FieldByName("Hash")
	if !field.IsValid() {
		return
	}
	field.Set(reflect.ValueOf(func(state interface{}) uint64 {
		hash := fnv.New64a()
		hash.Write([]byte(state.(string)))
		return hash.Sum64()
	}))
}

// A queue's state is the text of its elements, so that states compare by value.
var queue = porcupine.Model{
	Init: func() interface{} { return "" },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		st, in, out := state.(string), input.(registerInput), output.(registerOutput)
		if in.op == 1 {
			return true, st + strconv.Itoa(in.a) + ","
		}
		if !out.exists {
			return st == "", st
		}
		head := strconv.Itoa(out.value) + ","
		return strings.HasPrefix(st, head), strings.TrimPrefix(st, head)
	},
}

var logLine = regexp.MustCompile(`- (\d+)\s+:(\w+)\s+:(\w+)\s+(.*)$`)
var number = regexp.MustCompile(`-?\d+`)

func readLog(r io.Reader) []porcupine.Operation {
	ops := []porcupine.Operation{}
	open := map[string]int{}
	scanner := bufio.NewScanner(r)
	var now int64
	for scanner.Scan() {
		match := logLine.FindStringSubmatch(scanner.Text())
		if match == nil {
			continue
		}
		now++
		process, kind, f, value := match[1], match[2], match[3], match[4]
		numbers := []int{}
		for _, text := range number.FindAllString(value, -1) {
			n, _ := strconv.Atoi(text)
			numbers = append(numbers, n)
		}
		if kind == "invoke" {
			in := registerInput{}
			if f == "write" {
				in = registerInput{op: 1, a: numbers[0]}
			} else if f == "cas" {
				in = registerInput{op: 2, a: numbers[0], b: numbers[1]}
			}
			client, _ := strconv.Atoi(process)
			open[process] = len(ops)
			unknown := registerOutput{unknown: true}
			ops = append(ops, porcupine.Operation{ClientId: client, Input: in, Call: now, Output: unknown, Return: 1 << 60})
			continue
		}
		at, found := open[process]
		if !found || strings.Contains(value, "timed-out") {
			continue
		}
		delete(open, process)
		out := registerOutput{ok: kind == "ok"}
		if f == "read" && len(numbers) > 0 {
			out.exists, out.value = true, numbers[0]
		}
		ops[at].Output, ops[at].Return = out, now
	}
	return ops
}

var kvLine = regexp.MustCompile(`:process (\d+), :type :(\w+), :f :(\w+), :key "([^"]*)", :value (nil|"([^"]*)")`)

func readKeyValue(r io.Reader) []porcupine.Operation {
	ops := []porcupine.Operation{}
	open := map[string]int{}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 1<<20), 1<<26)
	var now int64
	for scanner.Scan() {
		match := kvLine.FindStringSubmatch(scanner.Text())
		if match == nil {
			continue
		}
		now++
		if match[2] == "invoke" {
			op := map[string]int{"get": 0, "put": 1, "append": 2}[match[3]]
			client, _ := strconv.Atoi(match[1])
			open[match[1]] = len(ops)
			in := kvInput{op: op, key: match[4], value: match[6]}
			ops = append(ops, porcupine.Operation{ClientId: client, Input: in, Call: now, Output: "", Return: 1 << 60})
			continue
		}
		at := open[match[1]]
		ops[at].Output, ops[at].Return = match[6], now
	}
	return ops
}

func readCsv(r io.Reader) []porcupine.Operation {
	rows, err := csv.NewReader(r).ReadAll()
	fail(err)
	ops := []porcupine.Operation{}
	for _, row := range rows[1:] {
		n := [7]int{}
		for i := range n {
			n[i], err = strconv.Atoi(row[i])
			fail(err)
		}
		in := registerInput{op: n[3], a: n[4], b: n[5]}
		out := registerOutput{ok: row[7] == "true", exists: n[6] != -1, value: n[6]}
		ops = append(ops, porcupine.Operation{ClientId: n[0], Input: in, Call: int64(n[1]), Output: out, Return: int64(n[2])})
	}
	return ops
}

func read(path string) (porcupine.Model, []porcupine.Operation) {
	file, err := os.Open(path)
	fail(err)
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		r, err = gzip.NewReader(file)
		fail(err)
	}
	base := filepath.Base(path)
	switch {
	case strings.HasSuffix(base, ".log"):
		return register, readLog(r)
	case strings.HasSuffix(base, ".txt"):
		return keyValue, readKeyValue(r)
	case strings.HasPrefix(base, "fifo"):
		return queue, readCsv(r)
	default:
		return register, readCsv(r)
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func main() {
	limit := flag.Duration("limit", 20*time.Second, "the most time for one check")
	runs := flag.Int("runs", 5, "checks of each history")
	flag.Parse()
	for _, path := range flag.Args() {
		model, ops := read(path)
		times := []int64{}
		var verdict porcupine.CheckResult
		for i := 0; i < *runs; i++ {
			start := time.Now()
			verdict = porcupine.CheckOperationsTimeout(model, ops, *limit)
			times = append(times, time.Since(start).Nanoseconds())
			if verdict == porcupine.Unknown {
				break
			}
		}
		sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
		line, _ := json.Marshal(map[string]interface{}{"file": path, "verdict": verdict, "ns": times[len(times)/2]})
		fmt.Println(string(line))
	}
}
