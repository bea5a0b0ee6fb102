"""What Java's names answer: expressions, each with what PySpark gave for it on `local[2]`.

`jvm`, `jsc`, `fs`, `conf`, `Path` and `folder` mean the same on both sides; the folder is new for each
expression and holds what `fill` makes. An error is the class and the message of the Java exception.
"""

from pathlib import Path

FILES = {"a": "aaa\n", "b.txt": "b\n", "sub/c": "c\n", "sub/deep/d": "d\n"}


def fill(folder: Path) -> None:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


LANG = {
    "jvm.java.lang.System.currentTimeMillis() > 1.6e12": True,
    "jvm.System.nanoTime() > 0": True,
    "jvm.System.getProperty('file.separator')": "/",
    "jvm.System.getProperty('nothing')": None,
    "jvm.System.getProperty('nothing', 'default')": "default",
    "[jvm.System.setProperty('my.own', 'x'), jvm.System.clearProperty('my.own')]": [None, "x"],
    "jvm.System.getenv('NOTHING_OF_THAT_NAME')": None,
    "jvm.System.lineSeparator()": "\n",
    "jvm.System.gc()": None,
    "jvm.Runtime.getRuntime().availableProcessors() > 0": True,
    "jvm.Runtime.getRuntime().maxMemory() > 0": True,
    "jvm.Runtime.getRuntime().totalMemory() > 0": True,
    "jvm.Runtime.getRuntime().freeMemory() > 0": True,
    "jvm.Runtime.getRuntime().gc()": None,
    "jvm.Thread.currentThread().getId() > 0": True,
    "jvm.Thread.currentThread().isAlive()": True,
    "isinstance(jvm.Thread.currentThread().isDaemon(), bool)": True,
    "isinstance(jvm.Thread.currentThread().getName(), str)": True,
    "jvm.Thread.sleep(0)": None,
    "jvm.java.lang.Integer.parseInt('7')": 7,
    "jvm.java.lang.Integer.valueOf(7)": 7,
    "jvm.java.lang.Integer(7)": 7,
    "jvm.java.lang.Integer.parseInt('x')": ("java.lang.NumberFormatException", 'For input string: "x"'),
    "jvm.java.lang.Long.parseLong('7')": 7,
    "jvm.java.lang.Long.valueOf('7')": 7,
    "jvm.java.lang.Double.parseDouble('7')": 7.0,
    "jvm.java.lang.Double.valueOf('7')": 7.0,
    "jvm.java.lang.Boolean.parseBoolean('TRUE')": True,
    "jvm.java.lang.Boolean.valueOf('no')": False,
    "[jvm.java.lang.Boolean.TRUE, jvm.java.lang.Boolean.FALSE]": [True, False],
    "jvm.java.lang.String('text')": "text",
    "jvm.java.lang.String.valueOf(True)": "true",
    "jvm.java.lang.Math.abs(-1)": 1,
    "jvm.java.lang.Math.max(1, 2)": 2,
    "jvm.java.lang.Math.min(1, 2)": 1,
    "[jvm.java.lang.Integer.MAX_VALUE, jvm.java.lang.Long.MIN_VALUE]": [(1 << 31) - 1, -(1 << 63)],
}

UTIL = {
    "len(jvm.java.util.UUID.randomUUID().toString())": 36,
    "jvm.java.util.UUID.fromString('5df6de3c-aa5b-4501-a86b-8bfcf5304a7d').toString()[:8]": "5df6de3c",
    "jvm.java.util.UUID.randomUUID().getClass().getName()": "java.util.UUID",
    "jvm.java.util.UUID.randomUUID().equals(jvm.java.util.UUID.randomUUID())": False,
    "isinstance(jvm.java.util.UUID.randomUUID().hashCode(), int)": True,
    "[a := jvm.java.util.ArrayList(), a.add(1), a.append(2), a.size(), a.get(0), list(a)][1:]": [
        True,
        None,
        2,
        1,
        [1, 2],
    ],
    "[m := jvm.java.util.HashMap(), m.put('k', 1), m.get('k'), m.containsKey('x'), m.size()][1:]": [
        None,
        1,
        False,
        1,
    ],
    "[s := jvm.java.util.HashSet(), s.add(1), s.add(1), s.size(), s.contains(1)][1:]": [None, None, 1, True],
    "jvm.java.util.LinkedHashMap().isEmpty()": True,
}

URI = {
    "[u := jvm.java.net.URI('s3a://b:1/k/a%20b?y=1#z'), u.getScheme(), u.getHost(), u.getPort()][1:]": [
        "s3a",
        "b",
        1,
    ],
    "jvm.java.net.URI('s3a://b:1/k').getAuthority()": "b:1",
    "jvm.java.net.URI('s3a://b/k').getPort()": -1,
    "jvm.java.net.URI('s3a://b:1/k/a%20b?y=1#z').getPath()": "/k/a b",
    "jvm.java.net.URI('s3a://b:1/k/a%20b?y=1#z').getRawPath()": "/k/a%20b",
    "jvm.java.net.URI('s3a://b:1/k/a%20b?y=1#z').getQuery()": "y=1",
    "jvm.java.net.URI('s3a://b:1/k/a%20b?y=1#z').getFragment()": "z",
    "jvm.java.net.URI('s3a://b:1/k').toString()": "s3a://b:1/k",
    "jvm.java.net.URI.create('/a').isAbsolute()": False,
    "jvm.java.net.URI.create('/a').equals(jvm.java.net.URI('/a'))": True,
}

CONF = {
    "conf.get('fs.defaultFS')": "file:///",
    "conf.get('nothing')": None,
    "conf.get('nothing', 'default')": "default",
    "[conf.set('a', '1'), conf.get('a')]": [None, "1"],
    "conf.set('a', None)": (
        "java.lang.IllegalArgumentException",
        "The value of property a must not be null",
    ),
    "[conf.setInt('a', 4), conf.get('a'), conf.getInt('a', 1), conf.getLong('a', 1)]": [None, "4", 4, 4],
    "[conf.setLong('a', 4), conf.getInt('nothing', 3)]": [None, 3],
    "[conf.set('a', 'x'), conf.getInt('a', 1)]": (
        "java.lang.NumberFormatException",
        'For input string: "x"',
    ),
    "[conf.setBoolean('a', True), conf.get('a'), conf.getBoolean('a', False)]": [None, "true", True],
    "[conf.set('a', 'x'), conf.getBoolean('a', True)]": [None, True],
    "[conf.setDouble('a', 1.5), conf.getDouble('a', 0.0), conf.getFloat('a', 0.0)]": [None, 1.5, 1.5],
    "[conf.setFloat('a', 0.5), conf.getDouble('nothing', 2.0)]": [None, 2.0],
    "[conf.set('a', '1'), conf.unset('a'), conf.get('a')]": [None, None, None],
    "[conf.set('a', '1'), conf.setIfUnset('a', '2'), conf.get('a')]": [None, None, "1"],
    "[conf.set('a', 'x, y'), list(conf.getStrings('a'))]": [None, ["x", " y"]],
    "conf.getStrings('nothing')": None,
    "[s := sc._gateway.new_array(jvm.java.lang.String, 2), s.__setitem__(0, 'x'), s.__setitem__(1, 'y'), "
    "conf.setStrings('a', s), conf.get('a')][-1]": "x,y",
    "[conf.set('a', '4'), conf.set('b', '${a}/y'), conf.get('b'), conf.getRaw('b')]": [
        None,
        None,
        "4/y",
        "${a}/y",
    ],
    "[conf.set('b', '${nothing.at.all}'), conf.get('b')]": [None, "${nothing.at.all}"],
    "[conf.set('a', ' y '), conf.get('a'), conf.getTrimmed('a')]": [None, " y ", "y"],
    "conf.size() > 0": True,
    "isinstance(conf.iterator().next().getKey(), str)": True,
    "isinstance(conf.iterator().next().getValue(), str)": True,
    "conf.iterator().hasNext()": True,
    "[conf.set('my.own', 'x'), dict(conf.getValByRegex('^my[.]own$'))]": [None, {"my.own": "x"}],
    "conf.toString().startswith('Configuration: ')": True,
    "[conf.clear(), conf.get('nothing')]": [None, None],
    "[c := jvm.org.apache.hadoop.conf.Configuration(conf), c.set('a', '1'), conf.get('a')][1:]": [None, None],
    "jvm.org.apache.hadoop.conf.Configuration(False).get('fs.defaultFS')": None,
    "[conf.set('mapred.output.compress', 'true'), conf.get('mapreduce.output.fileoutputformat.compress')]": [
        None,
        "true",
    ],
    "conf.getClass().getName()": "org.apache.hadoop.conf.Configuration",
}

PATHS = {
    "Path('/tmp//x/').toString()": "/tmp/x",
    "Path('file:///tmp/x').toString()": "file:/tmp/x",
    "Path('/a', 'b').toString()": "/a/b",
    "Path(Path('/a'), 'b').toString()": "/a/b",
    "Path('a/b').toString()": "a/b",
    "Path('file:/tmp/x y').toUri().toString()": "file:/tmp/x%20y",
    "Path('hdfs://h:9/x').toString()": "hdfs://h:9/x",
    "Path('hdfs://h:9/x').getParent().toString()": "hdfs://h:9/",
    "Path('hdfs://h:9/x').toUri().getAuthority()": "h:9",
    "Path('/a/b/../c').toString()": "/a/c",
    "Path('/a/./b').toString()": "/a/b",
    "Path('')": ("java.lang.IllegalArgumentException", "Can not create a Path from an empty string"),
    "Path('/').getParent()": None,
    "Path('/a/b').getName()": "b",
    "Path('/').getName()": "",
    "Path('/a/b').depth()": 2,
    "[Path('/a').isAbsolute(), Path('a').isAbsolute()]": [True, False],
    "[Path('/').isRoot(), Path('/a').isRoot()]": [True, False],
    "Path('/a').suffix('.gz').toString()": "/a.gz",
    "Path('/a').equals(Path('/a/'))": True,
    "Path('/a').getFileSystem(conf).getUri().toString()": "file:///",
    "str(Path('/a'))": "/a",
}

FS = {
    "FileSystem.get(jvm.java.net.URI('file:///'), conf).getUri().toString()": "file:///",
    "FileSystem.newInstance(conf).getScheme()": "file",
    "FileSystem.getLocal(conf).getUri().toString()": "file:///",
    "FileSystem.getDefaultUri(conf).toString()": "file:///",
    "FileSystem.get(jvm.java.net.URI('foo://h/'), conf)": (
        "org.apache.hadoop.fs.UnsupportedFileSystemException",
        'No FileSystem for scheme "foo"',
    ),
    "fs.getConf().get('fs.defaultFS')": "file:///",
    "fs.getHomeDirectory().toString().startswith('file:/')": True,
    "fs.getWorkingDirectory().toString().startswith('file:/')": True,
    "fs.makeQualified(Path('/a')).toString()": "file:/a",
    "fs.resolvePath(Path(folder + '/a')).toString() == 'file:' + folder + '/a'": True,
    "fs.getDefaultBlockSize()": 33554432,
    "[fs.exists(Path(folder)), fs.exists(Path(folder, 'no'))]": [True, False],
    "[fs.exists(Path('file:' + folder + '/a')), fs.exists(Path('file://' + folder + '/a'))]": [True, True],
    "fs.exists(Path('foo://x/y'))": (
        "java.lang.IllegalArgumentException",
        "Wrong FS: foo://x/y, expected: file:///",
    ),
    "[fs.isDirectory(Path(folder)), fs.isDirectory(Path(folder, 'no'))]": [True, False],
    "[fs.isFile(Path(folder)), fs.isFile(Path(folder, 'a'))]": [False, True],
    "fs.getLength(Path(folder, 'a'))": 4,
    "fs.getFileStatus(Path(folder, 'a')).getLen()": 4,
    "fs.getFileStatus(Path(folder, 'a')).isFile()": True,
    "[fs.getFileStatus(Path(folder)).isDirectory(), fs.getFileStatus(Path(folder)).isDir()]": [True, True],
    "fs.getFileStatus(Path(folder, 'a')).isSymlink()": False,
    "fs.getFileStatus(Path(folder, 'a')).getModificationTime() > 1.6e12": True,
    "fs.getFileStatus(Path(folder, 'a')).getAccessTime() > 1.6e12": True,
    "fs.getFileStatus(Path(folder, 'a')).getPermission().toString()[:3]": "rw-",
    "fs.getFileStatus(Path(folder, 'a')).getPermission().toShort() & 0o700": 0o600,
    "len(fs.getFileStatus(Path(folder, 'a')).getOwner()) > 0": True,
    "len(fs.getFileStatus(Path(folder, 'a')).getGroup()) > 0": True,
    "fs.getFileStatus(Path(folder, 'a')).getReplication()": 1,
    "fs.getFileStatus(Path(folder, 'a')).getBlockSize()": 33554432,
    "fs.getFileStatus(Path(folder, 'a')).getPath().toString() == 'file:' + folder + '/a'": True,
    "sorted(s.getPath().getName() for s in fs.listStatus(Path(folder)))": ["a", "b.txt", "sub"],
    "[s.getPath().getName() for s in fs.listStatus(Path(folder, 'a'))]": ["a"],
    "len(fs.listStatus(Path(folder)))": 3,
    "fs.listLocatedStatus(Path(folder, 'a')).next().getLen()": 4,
    "[i := fs.listFiles(Path(folder, 'sub'), False), i.next().getPath().getName(), i.hasNext()][1:]": [
        "c",
        False,
    ],
    "sorted([(i := fs.listFiles(Path(folder, 'sub'), True)).next().getPath().getName(), "
    "i.next().getPath().getName()])": ["c", "d"],
    "[s.getPath().getName() for s in fs.globStatus(Path(folder, '*.txt'))]": ["b.txt"],
    "[s.getPath().getName() for s in fs.globStatus(Path(folder, '{a,b.txt,no}'))]": ["a", "b.txt"],
    "[s.getPath().getName() for s in fs.globStatus(Path(folder, '[^b]'))]": ["a"],
    "list(fs.globStatus(Path(folder, 'no*')))": [],
    "fs.globStatus(Path(folder, 'no'))": None,
    "[s := fs.getContentSummary(Path(folder)), s.getLength(), s.getFileCount(), s.getDirectoryCount(), "
    "s.getSpaceConsumed()][1:]": [10, 4, 3, 10],
    "[fs.mkdirs(Path(folder, 'm/n')), fs.mkdirs(Path(folder, 'm/n')), fs.isDirectory(Path(folder, 'm/n'))]": [
        True,
        True,
        True,
    ],
    "[fs.delete(Path(folder, 'a')), fs.exists(Path(folder, 'a'))]": [True, False],
    "[fs.delete(Path(folder, 'sub'), True), fs.exists(Path(folder, 'sub'))]": [True, False],
    "fs.delete(Path(folder, 'no'), True)": False,
    "[fs.rename(Path(folder, 'a'), Path(folder, 'b.txt')), fs.getLength(Path(folder, 'b.txt'))]": [False, 2],
    "[fs.rename(Path(folder, 'a'), Path(folder, 'sub')), fs.exists(Path(folder, 'sub/a'))]": [True, True],
    "[fs.rename(Path(folder, 'a'), Path(folder, 'q/r/s')), fs.exists(Path(folder, 'q/r/s'))]": [True, True],
    "[fs.rename(Path(folder, 'sub'), Path(folder, 'z')), fs.exists(Path(folder, 'z/deep/d'))]": [True, True],
    "[fs.createNewFile(Path(folder, 'new')), fs.createNewFile(Path(folder, 'new'))]": [True, False],
    "[o := fs.create(Path(folder, 'n/c')), o.write(b'abc'), o.writeBytes('def'), o.write(65), o.flush(), "
    "o.hflush(), o.hsync(), o.close(), open(folder + '/n/c').read()][-1]": "abcdefA",
    "[i := fs.open(Path(folder, 'a')), i.read(), i.getPos(), i.available(), i.seek(0), i.readNBytes(2), "
    "i.readAllBytes(), i.read(), i.close()][1:]": [97, 1, 3, None, b"aa", b"a\n", -1, None],
    "fs.open(Path(folder, 'b.txt')).readLine()": "b",
    "[fs.copyFromLocalFile(Path(folder, 'a'), Path(folder, 'z')), fs.exists(Path(folder, 'a'))]": [
        None,
        True,
    ],
    "[fs.moveFromLocalFile(Path(folder, 'a'), Path(folder, 'z')), fs.exists(Path(folder, 'a'))]": [
        None,
        False,
    ],
    "[fs.copyToLocalFile(Path(folder, 'a'), Path(folder, 'sub')), fs.exists(Path(folder, 'sub/a'))]": [
        None,
        True,
    ],
    "[FileUtil.copy(fs, Path(folder, 'sub'), fs, Path(folder, 'z'), False, conf), "
    "fs.exists(Path(folder, 'z/deep/d'))]": [True, True],
    "[FileUtil.fullyDelete(fs, Path(folder, 'sub')), fs.exists(Path(folder, 'sub'))]": [None, False],
}

# The name in the message is the folder's.
FS_ERRORS = {
    "fs.getFileStatus(Path(folder, 'no'))": ("java.io.FileNotFoundException", "File {}/no does not exist"),
    "fs.listStatus(Path(folder, 'no'))": ("java.io.FileNotFoundException", "File {}/no does not exist"),
    "fs.open(Path(folder, 'no'))": ("java.io.FileNotFoundException", "File {}/no does not exist"),
    "fs.rename(Path(folder, 'no'), Path(folder, 'x'))": (
        "java.io.FileNotFoundException",
        "File {}/no does not exist",
    ),
    "fs.delete(Path(folder, 'sub'), False)": ("java.io.IOException", "Directory {}/sub is not empty"),
    "fs.mkdirs(Path(folder, 'a'))": (
        "org.apache.hadoop.fs.FileAlreadyExistsException",
        "Destination exists and is not a directory: {}/a",
    ),
    "fs.mkdirs(Path(folder, 'a/x'))": (
        "org.apache.hadoop.fs.ParentNotDirectoryException",
        "Parent path is not a directory: {}/a",
    ),
    "fs.create(Path(folder, 'a'), False)": (
        "org.apache.hadoop.fs.FileAlreadyExistsException",
        "File already exists: {}/a",
    ),
}

LOG4J = {
    "[str(log4j.Level.toLevel('nonsense')), log4j.Level.ERROR.toInt()]": ["DEBUG", 40000],
    "[log4j.Level.OFF.toString(), log4j.Level.ALL.toInt()]": ["OFF", -(1 << 31)],
    "[log4j.Level.DEBUG.toInt(), log4j.Level.FATAL.toInt()]": [10000, 50000],
    "log4j.Level.toLevel('warn').isGreaterOrEqual(log4j.Level.INFO)": True,
    "[log4j.LogManager.getLogger('a.b').getName(), log4j.LogManager.getLogger('a.b').getLevel()]": [
        "a.b",
        None,
    ],
    "log4j.Logger.getRootLogger().getName()": "",
    "[l := log4j.Logger.getLogger('x.y'), l.setLevel(log4j.Level.ERROR), l.getLevel().toString(), "
    "l.isEnabledFor(log4j.Level.WARN), l.getEffectiveLevel().toString()][1:]": [
        None,
        "ERROR",
        False,
        "ERROR",
    ],
    "[l := log4j.Logger.getLogger('x.z'), l.setLevel(log4j.Level.TRACE), l.isTraceEnabled(), "
    "l.isDebugEnabled(), l.isInfoEnabled()][1:]": [None, True, True, True],
    "[l := log4j.Logger.getLogger('x.off'), l.setLevel(log4j.Level.OFF), l.trace('t'), l.debug('d'), "
    "l.info('i'), l.warn('w'), l.error('e'), l.fatal('f')][1:]": [None] * 7,
    "jvm.org.apache.logging.log4j.LogManager.getLogger('c').getName()": "c",
    "jvm.org.apache.logging.log4j.core.config.Configurator.setLevel('l2', "
    "jvm.org.apache.logging.log4j.Level.ERROR)": None,
    "jvm.org.apache.logging.log4j.core.config.Configurator.setAllLevels('l3', "
    "jvm.org.apache.logging.log4j.Level.ERROR)": None,
    "jvm.org.apache.logging.log4j.Level.getLevel('ERROR').name()": "ERROR",
    "jvm.org.slf4j.LoggerFactory.getLogger('s').getName()": "s",
}

CONTEXT = {
    "[jsc.version(), jsc.sc().version()]": ["4.3.0", "4.3.0"],
    "[jsc.appName(), jsc.sc().appName()]": ["tests", "tests"],
    "[jsc.master(), jsc.sc().master()]": ["local[2]", "local[2]"],
    "[jsc.defaultParallelism(), jsc.defaultMinPartitions()]": [2, 2],
    "[jsc.isLocal(), jsc.sc().isStopped()]": [True, False],
    "jsc.startTime() == sc.startTime": True,
    "jsc.sparkUser() == sc.sparkUser()": True,
    "jsc.sc().applicationId() == sc.applicationId": True,
    "jsc.sc().applicationAttemptId().isDefined()": False,
    "jsc.sc().deployMode()": "client",
    "[jsc.sc().uiWebUrl().isDefined(), jsc.sc().uiWebUrl().isEmpty()]": [False, True],
    "jsc.sc().uiWebUrl().get()": ("java.util.NoSuchElementException", "None.get"),
    "jsc.sc().uiWebUrl().toString()": "None",
    "jsc.getConf().get('spark.app.name')": "tests",
    "jsc.sc().conf().get('nothing', 'default')": "default",
    "jsc.getConf().get('nothing')": ("java.util.NoSuchElementException", "nothing"),
    "jsc.getConf().contains('nothing')": False,
    "jsc.getConf().set('x', 'y').get('x')": "y",
    "'spark.app.name=tests' in jsc.getConf().toDebugString()": True,
    "jvm.SparkConf(False).contains('spark.app.name')": False,
    "[jsc.setLocalProperty('colour', 'grey'), jsc.getLocalProperty('colour'), "
    "jsc.setLocalProperty('colour', None)]": [None, "grey", None],
    "[jsc.setJobGroup('group', 'words'), sc.getLocalProperty('spark.jobGroup.id')]": [None, "group"],
    "[jsc.setJobDescription('words'), sc.getLocalProperty('spark.job.description')]": [None, "words"],
    "[jsc.clearJobGroup(), sc.getLocalProperty('spark.jobGroup.id')]": [None, None],
    "[jsc.cancelJobGroup('none'), jsc.cancelAllJobs()]": [None, None],
    "jsc.setLogLevel('OFF')": None,
    "len(jsc.getPersistentRDDs())": 0,
    "[r := sc.range(3).map(str).setName('kept').cache(), "
    "[v.name() for v in jsc.getPersistentRDDs().values()], "
    "[k == r.id() for k in jsc.getPersistentRDDs()], "
    "[v.unpersist() and None for v in jsc.getPersistentRDDs().values()], len(jsc.getPersistentRDDs())][1:]": [
        ["kept"],
        [True],
        [None],
        0,
    ],
    "[jsc.sc().getExecutorMemoryStatus().size(), jsc.sc().getExecutorMemoryStatus().keySet().size()]": [1, 1],
    "len(jsc.sc().statusTracker().getExecutorInfos())": 1,
    "jsc.sc().statusTracker().getExecutorInfos()[0].host() != ''": True,
    "jsc.sc().statusTracker().getExecutorInfos()[0].port() >= 0": True,
    "jsc.sc().maxNumConcurrentTasks(jsc.sc().resourceProfileManager().resourceProfileFromId(0))": 2,
    "jsc.sc().resourceProfileManager().resourceProfileFromId(0).id()": 0,
    "jsc.hadoopConfiguration().get('fs.defaultFS')": "file:///",
    "jsc.sc().hadoopConfiguration().get('fs.defaultFS')": "file:///",
    "jvm.JavaSparkContext.fromSparkContext(jsc.sc()).version()": "4.3.0",
    "jvm.org.apache.spark.SparkContext.getOrCreate().version()": "4.3.0",
    "jsc.getCheckpointDir().toString() != ''": True,
    "jsc.addFile(folder + '/a')": None,
    "len(jvm.org.apache.spark.SparkFiles.getRootDirectory()) > 0": True,
    "jvm.org.apache.spark.SparkFiles.get('a').endswith('/a')": True,
    "jvm.PythonUtils.isEncryptionEnabled(jsc)": False,
    "[jvm.PythonUtils.toSeq([1, 2]).size(), jvm.PythonUtils.toList([1]).size()]": [2, 1],
    "[len(jvm.PythonUtils.toArray([1, 2])), jvm.PythonUtils.toScalaMap({'a': 1}).size()]": [2, 1],
    "sc._gateway.jvm is sc._jvm": True,
    "len(sc._gateway.new_array(jvm.java.lang.String, 2))": 2,
    "[type(sc)._gateway is sc._gateway, type(sc)._jvm is sc._jvm, type(sc)._active_spark_context is sc]": [
        True,
        True,
        True,
    ],
    "[sc._batchSize, sc._encryption_enabled, sc.environment.get('NOTHING')]": [0, False, None],
    "[open(sc._temp_dir + '/t', 'w').close(), __import__('os').path.exists(sc._temp_dir + '/t')]": [
        None,
        True,
    ],
}

RDD = {
    "[r := sc.range(10, numSlices=3).setName('ten'), r._jrdd.id() == r.id(), r._jrdd.partitions().size(), "
    "r._jrdd.getNumPartitions(), r._jrdd.rdd().getNumPartitions(), r._jrdd.name()][1:]": [
        True,
        3,
        3,
        3,
        "ten",
    ],
    "sc.range(10, numSlices=3)._jrdd.rdd().name()": None,
    "sc.parallelize([])._jrdd.isEmpty()": True,
    "sc.range(1)._jrdd.isCheckpointed()": False,
    "sc.range(1)._jrdd.setName('one').name()": "one",
    "sc.range(1)._jrdd.context().version()": "4.3.0",
    "sc.range(1)._jrdd.rdd().sparkContext().version()": "4.3.0",
    "'[' in sc.range(1)._jrdd.toString()": True,
    "'[' in sc.range(1)._jrdd.rdd().toDebugString()": True,
    "sc.range(1)._jrdd.getStorageLevel() is not None": True,
    "sc.range(1)._jrdd_deserializer is sc.serializer": True,
    "sc.range(4)._to_java_object_rdd().count()": 4,
    "sc.range(4)._reserialize(sc.serializer).collect()": [0, 1, 2, 3],
    "sc.range(4)._pickled().collect()": [0, 1, 2, 3],
    "sc.range(4).ctx is sc": True,
}

TABLES = {
    "lang": LANG,
    "util": UTIL,
    "uri": URI,
    "conf": CONF,
    "path": PATHS,
    "fs": FS,
    "fs_errors": FS_ERRORS,
    "log4j": LOG4J,
    "context": CONTEXT,
    "rdd": RDD,
}
